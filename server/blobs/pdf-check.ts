import { Readable } from 'node:stream'
import { constants, createInflate, inflateSync } from 'node:zlib'
import { fail } from '~/shared/errors'

/** A page scanned blank packs a thousandfold, a whole book of text and pictures not even tenfold. */
const freeBytes = 256 * 1024 * 1024
const maxRatio = 40
/** Deflate inside deflate inside deflate: no program that makes PDFs does that. */
const maxLayers = 2
const pieceBytes = 64 * 1024

/** Refuses a PDF whose packed streams unfold to far more than its size. Takes long for a large one: it runs in a thread (check.thread.ts). */
export async function checkPdf(bytes: Buffer): Promise<void> {
  const budget = createBudget(Math.max(freeBytes, maxRatio * bytes.byteLength), 8 * bytes.byteLength + freeBytes)
  for (const { start, layers } of packedStreams(bytes)) {
    if (layers > maxLayers) fail('unsupported_media_type', 'the PDF packs a stream many times over')
    if (!unfoldSmall(bytes, start, budget)) await unfold(bytes, start, 1, budget)
    if (layers > 1) await unfold(bytes, start, layers, budget)
  }
}

/** What all streams together may read and unfold to. Throws when it is used up. */
function createBudget(output: number, input: number) {
  return {
    spend(read: number, unfolded: number): void {
      input -= read
      output -= unfolded
      if (output < 0 || input < 0) fail('payload_too_large', 'the PDF unfolds to far more than its size')
    },
  }
}
type Budget = ReturnType<typeof createBudget>

/**
 * Where deflated bytes begin. A stream's end is not looked for: the length a PDF states, and the word that ends a stream, are the
 * sender's to choose, so each is unfolded until deflate itself says it is over.
 */
function* packedStreams(bytes: Buffer): Generator<{ start: number, layers: number }> {
  for (let at = bytes.indexOf('stream'); at !== -1; at = bytes.indexOf('stream', at + 6)) {
    let start = at + 6
    if (bytes[start] === 0x0d) start++
    if (bytes[start] === 0x0a) start++
    const first = bytes[start] ?? 0
    const zlib = (first & 0x0f) === 8 && ((first << 8) | (bytes[start + 1] ?? 0)) % 31 === 0
    if (zlib) yield { start, layers: Math.max(1, deflateFilters(bytes, at)) }
  }
}

/** How many deflate filters the dictionary before a stream names; names may be written with `#46` for `F`. */
function deflateFilters(bytes: Buffer, end: number): number {
  const before = bytes.subarray(Math.max(0, end - 4096), end).toString('latin1')
  const dictionary = before.slice(Math.max(0, before.lastIndexOf(' obj')))
  const plain = dictionary.replace(/#([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return plain.match(/\/(?:FlateDecode|Fl)(?![A-Za-z])/g)?.length ?? 0
}

/** Most streams are small; for those a whole decoder with its events costs far more than the work. False when it was not one. */
function unfoldSmall(bytes: Buffer, start: number, budget: Budget): boolean {
  const piece = bytes.subarray(start, start + pieceBytes)
  try {
    const { buffer, engine } = inflateSync(piece, { maxOutputLength: 16 * pieceBytes, finishFlush: constants.Z_SYNC_FLUSH, info: true }) as unknown as Unfolded
    if (engine.bytesWritten === piece.byteLength && start + pieceBytes < bytes.byteLength) return false
    budget.spend(engine.bytesWritten, buffer.byteLength)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    budget.spend(0, 0)
    return isBadData(error)
  }
}
/** What zlib answers with `info`, which the types leave out. */
interface Unfolded { buffer: Buffer, engine: { bytesWritten: number } }

async function unfold(bytes: Buffer, start: number, layers: number, budget: Budget): Promise<void> {
  const source = Readable.from(pieces(bytes, start))
  const decoders = Array.from({ length: layers }, () => createInflate({ chunkSize: pieceBytes }))
  try {
    let read = 0
    const outermost = decoders[0]!
    const last = decoders.reduce((from, to) => {
      from.once('error', (error) => to.destroy(error))
      return from.pipe(to)
    })
    source.pipe(outermost)
    for await (const chunk of last) {
      budget.spend(outermost.bytesWritten - read, (chunk as Buffer).byteLength)
      read = outermost.bytesWritten
    }
  } catch (error) {
    if (!isBadData(error)) throw error
  } finally {
    source.destroy()
    for (const decoder of decoders) decoder.destroy()
  }
}

function* pieces(bytes: Buffer, start: number): Generator<Buffer> {
  for (let at = start; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** Bytes that only looked deflated, or that are cut off: what came before the fault has been counted. */
const isBadData = (error: unknown): boolean => error instanceof Error && 'code' in error && ['Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_NEED_DICT'].includes(String(error.code))
