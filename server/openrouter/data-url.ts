/** The bytes of a `data:` URL (RFC 2397); null when it is none. */
export function parseDataUrl(url: string): { mime: string, bytes: Uint8Array } | null {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  if (comma === -1 || comma > 500) return null
  const [mime = '', ...parameters] = url.slice('data:'.length, comma).split(';')
  const data = url.slice(comma + 1)
  if (parameters.at(-1)?.trim().toLowerCase() === 'base64') return { mime: mime || 'text/plain', bytes: Buffer.from(data, 'base64') }
  try {
    return { mime: mime || 'text/plain', bytes: Buffer.from(decodeURIComponent(data), 'utf8') }
  } catch {
    return null
  }
}
