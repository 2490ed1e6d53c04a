/**
 * Which declared file types fit the bytes. Detection by magic numbers is the caller's (both sides use the same library), so that
 * this file stays pure; what the device would be refused by the server it corrects before it stores.
 */

/** Names of one format, the one we keep first. */
const sameFormat: readonly (readonly string[])[] = [
  ['image/jpeg', 'image/jpg', 'image/pjpeg'],
  ['image/png', 'image/x-png', 'image/apng'],
  ['image/bmp', 'image/x-ms-bmp', 'image/x-bmp'],
  ['image/x-icon', 'image/vnd.microsoft.icon', 'image/ico'],
  ['image/heic', 'image/heif', 'image/heic-sequence', 'image/heif-sequence'],
  ['audio/mpeg', 'audio/mp3', 'audio/x-mp3', 'audio/mpeg3'],
  ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
  ['audio/flac', 'audio/x-flac'],
  ['audio/aac', 'audio/x-aac', 'audio/aacp'],
  ['audio/aiff', 'audio/x-aiff'],
  ['audio/midi', 'audio/mid', 'audio/x-midi'],
  ['audio/ogg', 'application/ogg', 'video/ogg', 'audio/opus'],
  ['video/mp4', 'audio/mp4', 'audio/x-m4a', 'audio/m4a', 'video/x-m4v', 'video/quicktime', 'video/3gpp', 'video/3gpp2', 'audio/3gpp'],
  ['video/webm', 'audio/webm', 'video/matroska', 'video/x-matroska', 'audio/x-matroska'],
  ['video/vnd.avi', 'video/x-msvideo', 'video/avi'],
  ['application/gzip', 'application/x-gzip', 'application/x-tgz', 'application/x-compressed-tar'],
  ['application/x-bzip2', 'application/x-bzip'],
  ['application/x-rar-compressed', 'application/vnd.rar'],
  ['application/zip', 'application/x-zip-compressed', 'application/x-zip'],
  ['application/rtf', 'text/rtf'],
  ['application/x-sqlite3', 'application/vnd.sqlite3'],
  ['application/x-cfb', 'application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint', 'application/vnd.ms-outlook', 'application/vnd.visio'],
]

/** Signatures so short that plain text may begin with them: `BM`, `MZ`, `%!`. */
const weakSignatures = new Set(['image/bmp', 'application/x-msdownload', 'application/x-compress', 'application/postscript', 'application/eps', 'audio/x-it', 'application/x-arj'])
const textSignatures = new Set(['application/xml', 'application/rtf', 'application/pgp-encrypted', 'text/calendar', 'text/vcard', 'text/vtt', 'application/x-ms-regedit', 'model/stl'])
const zipFormats = /^application\/(?:epub\+zip|java-archive|x-xpinstall|vnd\.(?:openxmlformats|oasis|ms-|android|visio)|.*\+zip$)/

const textTypes = /^(?:text\/.+|application\/(?:json|xml|javascript|ecmascript|typescript|yaml|toml|sql|graphql|x-(?:yaml|sh|httpd-php|perl|python|ruby|tex|latex|javascript|typescript|ndjson|ipynb\+json)|ndjson|jsonl|.+\+(?:json|xml|yaml))|image\/svg\+xml)$/

/** `Image/PNG; q=1` to `image/png`; empty to `application/octet-stream`; null when it is no media type at all (RFC 6838). */
export function parseMime(text: string | null | undefined): string | null {
  const mime = (text ?? '').split(';', 1)[0]!.trim().toLowerCase() || 'application/octet-stream'
  return mime.length <= 127 && /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(mime) ? mime : null
}

const anything = 'application/octet-stream'

/** Whether a type is text that a person could read as it is. SVG is: it is XML. */
const isTextMime = (mime: string): boolean => textTypes.test(mime)

/** What `fileTypeFromBuffer` says of the first bytes, the bytes, and which types it can tell at all. */
export interface Detection { detected: string | null, head: Uint8Array, known: ReadonlySet<string> }

/** Whether bytes may bear this type. `application/octet-stream` claims nothing and fits all. */
export function isMimeOf(declared: string, { detected, head, known }: Detection): boolean {
  if (declared === anything) return true
  if (isTextMime(declared)) {
    if (!looksLikeText(head)) return false
    return detected === null || textSignatures.has(detected) || weakSignatures.has(detected) || detected.startsWith('text/')
  }
  if (detected === null) return !known.has(declared) && !sameFormat.some((names) => names.includes(declared))
  if (formatOf(detected) === formatOf(declared)) return true
  return detected === 'application/zip' && zipFormats.test(declared)
}

/** The type to store: the declared one if it fits, else what the bytes say, else text if they could be. */
export function mimeOf(declared: string | null, detection: Detection): string {
  const { detected, head } = detection
  const found = detected && !weakSignatures.has(detected) ? parseMime(detected) : null
  const candidates = [declared, found, head.byteLength > 0 ? 'text/plain' : null]
  return candidates.find((mime) => mime !== null && mime !== anything && isMimeOf(mime, detection)) ?? anything
}

/** Corrects what the library says of the first bytes: it takes `GIF` alone for a GIF, and gives a PNG up whose notes reach beyond the bytes it is shown. */
export function checkSignature(detected: string | null, head: Uint8Array): string | null {
  const start = String.fromCharCode(...head.subarray(0, 8))
  if (detected === 'image/gif') return /^GIF8[79]a/.test(start) ? detected : null
  return detected ?? (start === '\u0089PNG\r\n\u001a\n' ? 'image/png' : null)
}

/** How a model gets a file: as a picture, a document, sound or text; null when no model takes it. */
export type ContentKind = 'image' | 'pdf' | 'audio' | 'text'
const images = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])

export function mimeToContentKind(mime: string): ContentKind | null {
  if (images.has(mime)) return 'image'
  if (mime === 'application/pdf') return 'pdf'
  if (Object.hasOwn(audioFormats, mime)) return 'audio'
  return isTextMime(mime) ? 'text' : null
}

/** The names that OpenRouter has for sound formats. */
export const audioFormats: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3', 'audio/mp3': 'mp3', 'audio/wav': 'wav', 'audio/x-wav': 'wav', 'audio/wave': 'wav', 'audio/vnd.wave': 'wav', 'audio/flac': 'flac', 'audio/x-flac': 'flac',
  'audio/ogg': 'ogg', 'audio/mp4': 'm4a', 'audio/x-m4a': 'm4a', 'audio/m4a': 'm4a', 'audio/aac': 'aac', 'audio/aiff': 'aiff', 'audio/x-aiff': 'aiff',
}

function formatOf(mime: string): string {
  const bare = mime.split(';', 1)[0]!
  return sameFormat.find((names) => names.includes(bare))?.[0] ?? bare
}

/** No U+0000, unless a byte order mark says that it is UTF-16. */
function looksLikeText(head: Uint8Array): boolean {
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  return utf16 || !head.includes(0)
}
