import { summaryToContent } from '~/shared/domain/history'
import type { Message } from '~/shared/domain/message'
import { mimeToContentKind } from '~/shared/domain/mime'
import { isFilePart, partsToText, type FilePart } from '~/shared/domain/part'
import type { Model } from '~/shared/protocol/openrouter'
import { byteLength } from '~/shared/sync/change'

/** A rough estimate, the same for every model: counting as each of them does would take its own vocabulary. */
const bytesPerToken = 4
const perMessage = 4
const perImage = 1_000
/** Of a PDF, whose pages may be pictures; and of sound, at about 16 kB and 32 tokens a second. */
const pdfBytesPerToken = 50
const audioBytesPerToken = 500

/** How it is estimated, for a person. */
export const estimateNote = 'Tokens are estimated: about four letters each, a thousand for a picture. The model’s own count differs.'

export const textToTokens = (text: string): number => Math.ceil(byteLength(text) / bytesPerToken)

function fileToTokens({ mime, size }: FilePart): number {
  switch (mimeToContentKind(mime)) {
    case 'image': return perImage
    case 'pdf': return Math.ceil(size / pdfBytesPerToken)
    case 'audio': return Math.ceil(size / audioBytesPerToken)
    default: return Math.ceil(size / bytesPerToken)
  }
}

/** Tokens of what a person writes: the text and its files. None for nothing, which is not sent. */
export function partsToTokens(text: string, files: readonly FilePart[]): number {
  if (!text && files.length === 0) return 0
  return perMessage + textToTokens(text) + files.reduce((sum, file) => sum + fileToTokens(file), 0)
}

/** Tokens of a message as the server sends it: of a reply its text alone. */
export function messageToTokens({ role, parts }: Pick<Message, 'role' | 'parts'>): number {
  return partsToTokens(partsToText(parts), role === 'user' ? parts.filter(isFilePart) : [])
}

/** Tokens of a summary in place of what it covers; none without text. */
export function summaryToTokens({ parts }: Pick<Message, 'parts'>): number {
  const text = partsToText(parts)
  return text === '' ? 0 : partsToTokens(summaryToContent(text), [])
}

/** Room that a reply needs: what the model writes at most, but no more than 4,096 tokens, nor a quarter of what it reads. */
export function replyRoom(contextLength: number, maxCompletionTokens: number | null): number {
  return Math.min(maxCompletionTokens || 4_096, 4_096, Math.floor(contextLength / 4))
}

/** Tokens that may be sent to a model, the reply's room left out; null when its length is not known. */
export function modelToLimit(model: Model | undefined): number | null {
  return model?.contextLength ? model.contextLength - replyRoom(model.contextLength, model.maxCompletionTokens) : null
}
