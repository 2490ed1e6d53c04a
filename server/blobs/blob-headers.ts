import type { BlobInfo } from './blobs'

/** What a browser may show in its place: it draws or plays these and runs nothing of them. Everything else is handed over as a file. */
const shown = new Set([
  'image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'audio/mpeg', 'audio/wav', 'audio/ogg', 'audio/mp4', 'audio/webm', 'audio/flac',
  'video/mp4', 'video/webm', 'text/plain',
])

/** Headers of every answer with a blob. Its bytes never change, but who may see them does: a cache has to ask each time. */
export function blobHeaders({ sha256, mime }: BlobInfo): Record<string, string> {
  return {
    'content-type': mime === 'text/plain' ? 'text/plain; charset=utf-8' : mime,
    'content-disposition': `${shown.has(mime) ? 'inline' : 'attachment'}; filename="${sha256}"`,
    'content-security-policy': 'default-src \'none\'; sandbox',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, no-cache',
    'vary': 'authorization',
    'accept-ranges': 'bytes',
    'etag': `"${sha256}"`,
  }
}

/** Whether a list of entity tags, of `If-None-Match`, names this blob. */
export const isKnownTag = (header: string | undefined, sha256: string): boolean =>
  header !== undefined && header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === `"${sha256}"`)
