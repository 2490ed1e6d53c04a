import { isFilePart } from '~/shared/domain/part'
import type { Message } from '~/shared/domain/message'
import type { Blobs } from '../blobs/blobs'

/** Pictures by their SHA-256, as `data:` addresses. */
export type Pictures = ReadonlyMap<string, string>

const shownTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])
const pictureBytes = 2 * 1024 * 1024
const allBytes = 24 * 1024 * 1024

/**
 * The pictures of messages, to travel within the published copy: its page may load nothing, and a blob is readable for its own space
 * only. One that is too large, or not on the server yet, is named instead. Not inside a transaction.
 */
export async function readPictures(blobs: Pick<Blobs, 'find' | 'read'>, space: string, messages: readonly Message[]): Promise<Pictures> {
  const pictures = new Map<string, string>()
  let left = allBytes
  for (const { sha256 } of messages.flatMap(({ parts }) => parts.filter(isFilePart))) {
    const info = pictures.has(sha256) ? null : await blobs.find(space, sha256)
    if (!info || !shownTypes.has(info.mime) || info.size > Math.min(pictureBytes, left)) continue
    const blob = await blobs.read(space, sha256)
    if (!blob) continue
    left -= blob.size
    pictures.set(sha256, `data:${blob.mime};base64,${Buffer.from(blob.bytes).toString('base64')}`)
  }
  return pictures
}
