import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, opendir, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { fail } from '~/shared/errors'
import { diskFull, isDiskFull } from '../sql/storage-failure'
import { headBytes, sha256Schema, type BlobStore, type Incoming } from './store'

const reservedBytes = 64 * 1024 * 1024

/** Blobs as files: `<root>/objects/ab/<sha256>`, and `<root>/incoming` for what is still arriving, on the same file system. */
export function createFilesystemStore(root: string): BlobStore {
  const incoming = join(root, 'incoming')
  const pathOf = (sha256: string): string => join(root, 'objects', sha256Schema.parse(sha256).slice(0, 2), sha256)

  async function receive(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Incoming> {
    await mkdir(incoming, { recursive: true, mode: 0o700 })
    await requireSpace(incoming)
    const path = join(incoming, randomUUID())
    const discard = () => rm(path, { force: true })
    let file: FileHandle | undefined
    try {
      file = await open(path, 'wx', 0o600)
      const written = await writeAll(file, source, maxBytes)
      await file.sync()
      return { ...written, read: () => createReadStream(path), keep: () => keep(path, written.sha256), discard }
    } catch (error) {
      await discard()
      throw isDiskFull(error) ? diskFull(error) : error
    } finally {
      await file?.close()
    }
  }

  async function keep(path: string, sha256: string): Promise<void> {
    const target = pathOf(sha256)
    const folder = dirname(target)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await rename(path, target)
      // The new name is durable when its folder is; the folder's own name when the folder above is.
      for (const each of [folder, dirname(folder), root]) await syncFolder(each)
    } catch (error) {
      throw isDiskFull(error) ? diskFull(error) : error
    }
  }

  return {
    receive,
    async open(sha256, range) {
      const path = pathOf(sha256)
      const size = await sizeOf(path)
      if (size === null) return null
      // An empty file has no byte to end on.
      const body = size === 0 ? Readable.from([]) : createReadStream(path, range)
      return { size, body }
    },
    has: async (sha256) => (await sizeOf(pathOf(sha256))) !== null,
    remove: (sha256) => rm(pathOf(sha256), { force: true }),
    async* list() {
      await mkdir(join(root, 'objects'), { recursive: true, mode: 0o700 })
      for await (const entry of await opendir(join(root, 'objects'), { recursive: true })) if (entry.isFile() && sha256Schema.safeParse(entry.name).success) yield entry.name
    },
    clean: () => rm(incoming, { recursive: true, force: true }),
  }
}

async function writeAll(file: FileHandle, source: AsyncIterable<Uint8Array>, maxBytes: number) {
  const hash = createHash('sha256')
  const head: Uint8Array[] = []
  let headSize = 0
  let size = 0
  for await (const chunk of source) {
    size += chunk.byteLength
    if (size > maxBytes) fail('payload_too_large', 'the file is too large', { maxBytes })
    hash.update(chunk)
    if (headSize < headBytes) {
      const piece = chunk.slice(0, headBytes - headSize)
      head.push(piece)
      headSize += piece.byteLength
    }
    await writeChunk(file, chunk)
  }
  return { sha256: hash.digest('hex'), size, head: Buffer.concat(head) }
}

/** Text must still fit when files no longer do, and its database is on the same disk. */
async function requireSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < reservedBytes) throw diskFull()
}

/** A write may take fewer bytes than it was given. */
async function writeChunk(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength;) offset += (await file.write(chunk, offset)).bytesWritten
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

const errorCode = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
