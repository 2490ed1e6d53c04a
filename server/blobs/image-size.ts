/** The size of an image in pixels, read from its header: PNG, GIF, JPEG and WebP, which is what providers send. Null for anything else. */
export function readImageSize(bytes: Uint8Array): { width: number, height: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = (at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length))
  const size = readPng() ?? readGif() ?? readWebp() ?? readJpeg()
  return size && size.width > 0 && size.height > 0 ? size : null

  function readPng() {
    return bytes.byteLength >= 24 && text(1, 3) === 'PNG' && text(12, 4) === 'IHDR' ? { width: view.getUint32(16), height: view.getUint32(20) } : null
  }
  function readGif() {
    return bytes.byteLength >= 10 && /^GIF8[79]a$/.test(text(0, 6)) ? { width: view.getUint16(6, true), height: view.getUint16(8, true) } : null
  }
  /** Its three kinds say it in three places (RFC 9649). */
  function readWebp() {
    if (bytes.byteLength < 30 || text(0, 4) !== 'RIFF' || text(8, 4) !== 'WEBP') return null
    const kind = text(12, 4)
    if (kind === 'VP8X') return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) }
    if (kind === 'VP8 ') return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    const packed = view.getUint32(21, true)
    return kind === 'VP8L' ? { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) } : null
  }
  /** Segments follow each other until the one that begins the frame (ITU T.81). What a camera turned by a note is left to the page. */
  function readJpeg() {
    if (bytes.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null
    for (let at = 2; at + 9 <= bytes.byteLength && bytes[at] === 0xff;) {
      const marker = bytes[at + 1]!
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
      at += 2 + view.getUint16(at + 2)
    }
    return null
  }
}
