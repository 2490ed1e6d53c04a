import { deflateSync } from 'node:zlib'
import { randomBytes } from 'node:crypto'

/** A PNG as far as its chunks go, with something of its own in them. */
export const png = (size: number): Buffer => pngChunks(randomBytes(size))

/** A PDF with one stream. `filters` is what its dictionary says of it. */
export function pdf(stream: Uint8Array, filters = '/FlateDecode', length = stream.byteLength): Buffer {
  return Buffer.concat([
    Buffer.from(`%PDF-1.7\n%${randomBytes(8).toString('hex')}\n1 0 obj\n<< /Length ${length} /Filter ${filters} >>\nstream\n`), stream,
    Buffer.from('\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n'),
  ])
}

const deflated = new Map<number, Buffer>()

/** A stream of zeros, deflated: a thousandth of its size. */
export function zeros(size: number): Buffer {
  const made = deflated.get(size) ?? deflateSync(Buffer.alloc(size))
  deflated.set(size, made)
  return made
}

function pngChunks(data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.byteLength)
  // Nobody here looks at the checksums.
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'), length, Buffer.from('IDAT'), data, Buffer.alloc(4),
    Buffer.from('0000000049454e44ae426082', 'hex'),
  ])
}

/** A PDF of a million places where deflated bytes could begin and do not: each has to be tried. */
export const tediousPdf = (number: number): Buffer => Buffer.concat([pdf(zeros(1_000)), Buffer.from(`${number}`), Buffer.alloc(10_000_000, 'stream\nx\x9c', 'latin1')])
