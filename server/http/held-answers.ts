import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '~/shared/errors'

/** An answer that is made once for all its readers. Call `read` right after it was found: it may be given up in the next turn. */
export interface HeldAnswer { bytes: number, read(): AsyncIterable<Uint8Array> }

type Body = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

export interface HeldAnswers {
  find(key: string): HeldAnswer | null
  /**
   * Begins something better than what is, or will be, under this key: the body that is given to it later takes that one's place, if there still is
   * one and nothing was forgotten since. Whoever reads the one before reads it to its end.
   */
  better(key: string): (body: Body) => Promise<HeldAnswer>
  /** The answer under this key, made once however many ask for it meanwhile. */
  join(key: string, make: () => Body | Promise<Body>): Promise<HeldAnswer>
  /** Forgets all, and what is being made just then, as when something was deleted that may be among them. */
  clear(): void
  close(): Promise<void>
}

/** `kept` bytes stay for the next reader; `open` bytes is what may be on the disk together with those still being read. */
export interface HeldLimits { kept: number, open: number, files: number }
const defaultLimits: HeldLimits = { kept: 256 * 1024 * 1024, open: 1024 * 1024 * 1024, files: 200 }

interface Entry { handle: FileHandle, bytes: number, readers: number, isKept: boolean, isOpen: boolean, remove(): Promise<void> }

const pieceBytes = 64 * 1024
const writeBytes = 256 * 1024

/**
 * Long answers on the disk, each once: a reader holds its place and one piece, however slowly it reads. Their files have no name, so
 * nothing is left after a crash, nor of what was deleted. The least recently read go first.
 */
export function createHeldAnswers(folder: string, limits: HeldLimits = defaultLimits): HeldAnswers {
  rmSync(folder, { recursive: true, force: true })
  const entries = new Map<string, Entry>()
  const making = new Map<string, Promise<HeldAnswer>>()
  let kept = 0
  let held = 0
  let clearings = 0

  async function release(entry: Entry): Promise<void> {
    if (entry.isKept || entry.readers > 0 || !entry.isOpen) return
    entry.isOpen = false
    held -= entry.bytes
    await entry.handle.close()
    await entry.remove()
  }

  function drop(key: string): void {
    const entry = entries.get(key)
    if (!entry) return
    entries.delete(key)
    kept -= entry.bytes
    give(entry)
  }

  /** Leaves an entry to those who read it, or are about to. */
  function give(entry: Entry): void {
    entry.isKept = false
    setImmediate(() => void release(entry))
  }

  const toAnswer = (entry: Entry): HeldAnswer => ({
    bytes: entry.bytes,
    read() {
      entry.readers++
      return pieces(entry, () => {
        entry.readers--
        void release(entry)
      })
    },
  })

  async function take(key: string, body: Body, isWanted: () => boolean): Promise<HeldAnswer> {
    const entry = await openEntry(folder)
    try {
      for await (const chunk of inBatches(body)) {
        if (held + chunk.byteLength > limits.open) fail('rate_limited', 'too many long answers are being read', { retryAfter: 30 })
        await entry.handle.appendFile(chunk)
        entry.bytes += chunk.byteLength
        held += chunk.byteLength
      }
    } catch (error) {
      entry.isKept = false
      await release(entry)
      throw error
    }
    if (isWanted()) {
      drop(key)
      entries.set(key, entry)
      kept += entry.bytes
    } else {
      give(entry)
    }
    for (const [oldest, { bytes }] of entries) {
      if (kept <= limits.kept && entries.size <= limits.files) break
      // The one that was just made is about to be read.
      if (oldest !== key || bytes > limits.kept) drop(oldest)
    }
    return toAnswer(entry)
  }

  function find(key: string): HeldAnswer | null {
    const entry = entries.get(key)
    if (!entry) return null
    entries.delete(key)
    entries.set(key, entry)
    return toAnswer(entry)
  }

  return {
    find,
    better(key) {
      const began = clearings
      return (body) => take(key, body, () => began === clearings && entries.has(key))
    },
    async join(key, make) {
      const found = find(key)
      if (found) return found
      const known = making.get(key)
      if (known) return known
      const began = clearings
      const made = Promise.resolve().then(make).then((body) => take(key, body, () => began === clearings)).finally(() => making.delete(key))
      making.set(key, made)
      return made
    },
    clear() {
      clearings++
      for (const key of [...entries.keys()]) drop(key)
    },
    async close() {
      const all = [...entries.values()]
      entries.clear()
      for (const entry of all) {
        entry.isKept = false
        await release(entry)
      }
    },
  }
}

async function openEntry(folder: string): Promise<Entry> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomUUID())
  const handle = await open(path, 'wx+', 0o600)
  const entry: Entry = { handle, bytes: 0, readers: 0, isKept: true, isOpen: true, remove: () => rm(path, { force: true }) }
  // Where an open file cannot lose its name, it goes when it is closed.
  await rm(path).then(() => { entry.remove = () => Promise.resolve() }, () => undefined)
  return entry
}

async function* pieces({ handle, bytes }: Entry, done: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < bytes;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, Math.min(pieceBytes, bytes - at), at)
      if (bytesRead === 0) throw new Error('a held answer is shorter than it was')
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    done()
  }
}

/** Few long writes in place of many short ones. */
async function* inBatches(body: Body): AsyncGenerator<Buffer> {
  let batch: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    batch.push(bytes)
    length += bytes.byteLength
    if (length < writeBytes) continue
    yield Buffer.concat(batch, length)
    batch = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(batch, length)
}
