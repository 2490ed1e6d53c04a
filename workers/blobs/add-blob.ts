import { checkSignature, mimeOf, parseMime } from '~/shared/domain/mime'
import type { FilePart } from '~/shared/domain/part'
import { cleanText } from '~/shared/domain/text'
import { createError, HoldfastException } from '~/shared/errors'
import type { BlobFiles } from './blob-files'
import { readImage, shrinkImage } from './images'

export interface AddRequest { file: Blob, name: string, mime: string, maxEdge?: number | undefined }
export interface AddedBlob { part: FilePart, thumbnail: Blob | null }

const headBytes = 64 * 1024

/** Keeps a file on this device and says what it is. Its type is corrected here, since the server refuses bytes that are not what they are called. */
export async function addBlob(files: BlobFiles, { file, name, mime, maxEdge }: AddRequest): Promise<AddedBlob> {
  const source = maxEdge === undefined ? file : await shrinkImage(file, mime, maxEdge)
  const bytes = await source.arrayBuffer()
  const type = await detectType(new Uint8Array(bytes, 0, Math.min(headBytes, bytes.byteLength)), source === file ? mime : source.type)
  const sha256 = await hashBytes(bytes)
  const kept = new Blob([bytes], { type })
  await write(files, sha256, kept)
  const image = type.startsWith('image/') ? await readImage(kept) : null
  return {
    part: { type: 'file', sha256, name: toName(name, type, source !== file), mime: type, size: bytes.byteLength, ...(image ? { width: image.width, height: image.height } : {}) },
    thumbnail: image?.thumbnail ?? null,
  }
}

/** A full disk refuses new attachments and nothing else (sync.md §1). */
async function write(files: BlobFiles, sha256: string, bytes: Blob): Promise<void> {
  try {
    await files.write(sha256, bytes)
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === 'QuotaExceededError')) throw cause
    throw new HoldfastException(createError('storage_full', 'This device has no room for the file.'), { cause })
  }
}

async function detectType(head: Uint8Array, declared: string): Promise<string> {
  // Loaded with the first attachment: most sessions have none.
  const { fileTypeFromBuffer, supportedMimeTypes } = await import('file-type/core')
  const detected = checkSignature((await fileTypeFromBuffer(head))?.mime ?? null, head)
  return mimeOf(parseMime(declared), { detected, head, known: supportedMimeTypes })
}

export async function hashBytes(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A name without a path or control characters; one that was drawn anew gets the ending of its new format. */
function toName(name: string, mime: string, redrawn: boolean): string {
  const bare = cleanText(name.split(/[\\/]/).at(-1)!.replace(/[\u0000-\u001f\u007f]/g, '')).trim() || 'file'
  const ending = { 'image/jpeg': 'jpg', 'image/png': 'png' }[mime]
  const named = redrawn && ending ? `${bare.replace(/\.[^.]{1,5}$/, '')}.${ending}` : bare
  if (named.length <= 200) return named
  const dot = named.lastIndexOf('.')
  const tail = dot > named.length - 20 ? named.slice(dot) : ''
  return named.slice(0, 200 - tail.length) + tail
}
