import { createError, fail, HoldfastException } from '~/shared/errors'
import type { Incoming } from './store'

const maxSvgBytes = 8 * 1024 * 1024

/**
 * An SVG that can do more than be looked at is refused. Blobs are served as attachments in a sandbox anyway; this keeps such a file
 * from being handed on to something less careful. A document type is refused whole: its entities could spell anything.
 */
const active: readonly RegExp[] = [
  /<!(?:doctype|entity)/,
  /<\s*(?:[\w.-]+:)?(?:script|foreignobject|iframe|object|embed|handler|listener|audio|video)[\s/>]/,
  /[\s"'/](?:[\w.-]+:)?on[a-z]+\s*=/,
  /(?:javascript|vbscript|livescript)\s*:/,
  /data\s*:\s*(?:text\/html|image\/svg|application\/|text\/xml)/,
  /<\?xml-stylesheet/,
]

export async function checkSvg(file: Pick<Incoming, 'size' | 'read'>): Promise<void> {
  if (file.size > maxSvgBytes) fail('payload_too_large', 'the SVG is too large', { maxBytes: maxSvgBytes })
  const chunks: Uint8Array[] = []
  for await (const chunk of file.read()) chunks.push(chunk)
  const text = decodeUtf8(Buffer.concat(chunks))
  // A browser drops these inside an address: `java\nscript:` runs.
  const plain = withCharacters(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').toLowerCase()
  const joined = plain.replace(/[\t\n\r]/g, '')
  if (active.some((pattern) => pattern.test(plain) || pattern.test(joined))) fail('unsupported_media_type', 'an SVG with active content is not taken')
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new HoldfastException(createError('unsupported_media_type', 'an SVG must be UTF-8'), { cause })
  }
}

/** Character references as the characters that they stand for. */
function withCharacters(text: string): string {
  return text.replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));?/gi, (whole, hex: string | undefined, decimal: string | undefined) => {
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  }).replace(/&(?:colon|tab|newline);/gi, (name) => ({ '&colon;': ':', '&tab;': '', '&newline;': '' })[name.toLowerCase()] ?? '')
}
