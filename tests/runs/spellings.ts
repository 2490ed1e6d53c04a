/** The ways in which bytes may hold a text: as it is, in two bytes a character, in hex, in an address, and in base64 at any of its three offsets. */
export function textToSpellings(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').slice(4, -4))
  return [bytes, Buffer.from(text, 'utf16le'), Buffer.from(bytes.toString('hex')), Buffer.from(encodeURIComponent(text)), ...base64.map((spelling) => Buffer.from(spelling))]
}

/** Whether bytes hold a text in any of these ways. */
export const holds = (bytes: Uint8Array, text: string): boolean => textToSpellings(text).some((spelling) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(spelling))
