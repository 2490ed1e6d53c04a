import { audioFormats, mimeToContentKind } from '~/shared/domain/mime'
import type { FilePart } from '~/shared/domain/part'
import { createError, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'

/** A file as OpenRouter takes it in a message (its OpenAPI, chat completions, content parts). */
export type FileContent =
  | { type: 'text', text: string }
  | { type: 'image_url', image_url: { url: string } }
  | { type: 'file', file: { filename: string, file_data: string } }
  | { type: 'input_audio', input_audio: { data: string, format: string } }

/** Bytes before base64, which adds a third. Providers refuse larger ones, some by dropping the connection. */
export const contentLimits = {
  image: 20 * 1024 * 1024,
  file: 32 * 1024 * 1024,
  audio: 25 * 1024 * 1024,
  text: 2 * 1024 * 1024,
  /** All files of one request. */
  request: 64 * 1024 * 1024,
} as const

/** Turns the files of one request into content, counting what they take together. */
export function createContentParts(limit: number = contentLimits.request): (part: FilePart, bytes: Uint8Array) => Result<FileContent, HoldfastError> {
  let left = limit
  return (part, bytes) => {
    const content = toContentPart(part, bytes)
    if (!content.ok) return content
    left -= bytes.byteLength
    return left < 0 ? err(tooLarge(part, limit, 'the files of this thread are too large together for one request')) : content
  }
}

/**
 * One file as content: images and PDFs as data URLs, audio as base64, anything readable as text. What no model takes is
 * `unsupported_media_type`, what is over the limit of its kind `payload_too_large`; both name the file.
 */
export function toContentPart(part: FilePart, bytes: Uint8Array): Result<FileContent, HoldfastError> {
  const { mime, name } = part
  const base64 = () => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const within = (limit: number, make: () => FileContent): Result<FileContent, HoldfastError> =>
    bytes.byteLength > limit ? err(tooLarge(part, limit, `${name} is too large to send to a model`)) : ok(make())

  switch (mimeToContentKind(mime)) {
    case 'image': return within(contentLimits.image, () => ({ type: 'image_url', image_url: { url: `data:${mime};base64,${base64()}` } }))
    case 'pdf': return within(contentLimits.file, () => ({ type: 'file', file: { filename: name, file_data: `data:${mime};base64,${base64()}` } }))
    case 'audio': return within(contentLimits.audio, () => ({ type: 'input_audio', input_audio: { data: base64(), format: audioFormats[mime]! } }))
    case 'text': return within(contentLimits.text, () => ({ type: 'text', text: textToContent(name, decodeText(bytes)) }))
    case null: return err(createError('unsupported_media_type', `no model takes files of the type ${mime} (${name})`, { name, mime }))
  }
}

const tooLarge = ({ name, size }: FilePart, limit: number, message: string): HoldfastError => createError('payload_too_large', message, { name, size, limit })

/** A fence longer than any in the file, so that the file cannot end it. */
function textToContent(name: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([fence]) => fence.length))
  const fence = '`'.repeat(longest + 1)
  return `${name}:\n${fence}\n${text}\n${fence}`
}

/** UTF-8, UTF-16 with its mark, or else the Windows code page that old text files are in. */
function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  const text = new TextDecoder('utf-8').decode(bytes)
  return text.includes('\uFFFD') ? new TextDecoder('windows-1252').decode(bytes) : text
}
