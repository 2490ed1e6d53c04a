import { mimeToContentKind } from '~/shared/domain/mime'
import type { Model } from '~/shared/protocol/openrouter'

interface NamedFile { name: string, mime: string }

/**
 * What the chosen model cannot take of these files, as sentences; none when all is well or nothing is known of the model. PDFs go to
 * any model: OpenRouter reads their text for those that cannot.
 */
export function filesToWarnings(files: readonly NamedFile[], model: Model | undefined): string[] {
  const names = (wanted: readonly NamedFile[]): string => (wanted.length === 1 ? wanted[0]!.name : `${wanted.length} files`)
  const without = (kind: 'image' | 'audio', modality: string, verb: string): string[] => {
    const affected = files.filter(({ mime }) => mimeToContentKind(mime) === kind)
    if (affected.length === 0 || !model || model.id.startsWith('openrouter/') || model.inputModalities.includes(modality)) return []
    return [`${model.name} can’t ${verb} (${names(affected)}). Choose another model, or take ${affected.length === 1 ? 'it' : 'them'} off.`]
  }
  const unknown = files.filter(({ mime }) => mimeToContentKind(mime) === null)
  return [
    ...without('image', 'image', 'see images'),
    ...without('audio', 'audio', 'hear sound'),
    ...(unknown.length > 0 ? [`No model reads files of this kind (${unknown.map(({ name }) => name).join(', ')}).`] : []),
  ]
}
