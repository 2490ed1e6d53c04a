import type { Readable } from 'node:stream'
import { supportedMimeTypes } from 'file-type'
import { mimeOf, parseMime } from '~/shared/domain/mime'
import type { FilePart } from '~/shared/domain/part'
import { fail } from '~/shared/errors'
import type { Log } from '../log'
import type { Database, Trx } from '../sql/schema'
import { checkFile, detectMime } from './file-check'
import { readImageSize } from './image-size'
import { headBytes, type BlobStore, type Incoming } from './store'
import { sweepBlobs, type SweepResult } from './sweep'
import { createThreadChecks } from './thread-check'
import { createTurns } from './turns'

/** What a space knows of a blob that it holds. */
export interface BlobInfo { sha256: string, size: number, mime: string }

/** What an upload says of itself. `size` is its Content-Length, if it has one. */
interface Upload {
  sha256: string
  contentType: string | null
  size: number | null
  source: AsyncIterable<Uint8Array>
  /** Asked in the transaction that stores: nothing is after a revoke (I9). */
  isLive?(): boolean
}

export interface Blobs {
  /** Takes an upload whose bytes are what it says, or throws and leaves nothing behind. The bytes are always wanted, also those of a blob that another space holds. */
  upload(spaceId: string, upload: Upload): Promise<BlobInfo & { created: boolean }>
  /** Stores what the server itself made, as the images of a reply; over the quota too, since a reply is never thrown away. Not inside a transaction: SQLite has one connection. */
  put(spaceId: string, bytes: Uint8Array, mime: string, name?: string): Promise<FilePart>
  /** Null unless this space holds it, whoever else does. */
  find(spaceId: string, sha256: string): Promise<BlobInfo | null>
  /** As `find`, for a device that is about to name the blob: its seven days begin anew. */
  touch(spaceId: string, sha256: string): Promise<BlobInfo | null>
  open(spaceId: string, sha256: string, range?: { start: number, end: number }): Promise<(BlobInfo & { body: Readable }) | null>
  read(spaceId: string, sha256: string): Promise<(BlobInfo & { bytes: Uint8Array }) | null>
  /** Drops what no row has named for seven days. Runs by itself every six hours. */
  sweep(): Promise<SweepResult>
  close(): Promise<void>
}

export interface BlobDeps {
  database: Database
  store: BlobStore
  transaction<T>(spaceId: string, work: (trx: Trx) => Promise<T>): Promise<T>
  now(): number
  log: Pick<Log, 'info' | 'error'>
  maxBytes: number
  /** Bytes that one space may hold. */
  spaceBytes: number
}

interface Admission { mime: string, quota: number, isLive?(): boolean }

const uploadsAtOnce = 8
const sweepEveryMs = 6 * 60 * 60 * 1000

export function createBlobs({ database, store, transaction, now, log, maxBytes, spaceBytes }: BlobDeps): Blobs {
  const turns = createTurns()
  const checks = createThreadChecks()
  const uploads = new Map<string, number>()

  const find = async (spaceId: string, sha256: string): Promise<BlobInfo | null> =>
    await database.selectFrom('blob_ref').select(['sha256', 'size', 'mime']).where('space', '=', spaceId).where('sha256', '=', sha256).executeTakeFirst() ?? null

  /** Bytes under their name first, then the rows that say so: a row never names bytes that are not there. */
  const commit = (spaceId: string, file: Incoming, { mime, quota, isLive }: Admission): Promise<boolean> => turns(file.sha256, async () => {
    const { sha256, size } = file
    await file.keep()
    try {
      return await transaction(spaceId, async (trx) => {
        if (isLive && !isLive()) fail('token_revoked', 'this device was signed out')
        const held = await trx.selectFrom('blob_ref').select('mime').where('space', '=', spaceId).where('sha256', '=', sha256).executeTakeFirst()
        if (!held) await requireQuota(trx, spaceId, size, quota)
        await trx.insertInto('blob').values({ sha256, size, created_at: now() }).onConflict((conflict) => conflict.column('sha256').doNothing()).execute()
        await trx.insertInto('blob_ref').values({ space: spaceId, sha256, size, mime, created_at: now(), unreferenced_since: now() })
          .onConflict((conflict) => conflict.columns(['space', 'sha256']).doUpdateSet({ unreferenced_since: now() }).where('blob_ref.unreferenced_since', 'is not', null))
          .execute()
        return !held
      })
    } catch (error) {
      const row = await database.selectFrom('blob').select('sha256').where('sha256', '=', sha256).executeTakeFirst()
      if (!row) await store.remove(sha256)
      throw error
    }
  })

  async function requireQuota(trx: Database | Trx, spaceId: string, size: number, quota: number): Promise<void> {
    const { used } = await trx.selectFrom('blob_ref').select((query) => query.fn.coalesce(query.fn.sum<number>('size'), query.lit(0)).as('used'))
      .where('space', '=', spaceId).executeTakeFirstOrThrow()
    if (used + size > quota) fail('storage_full', 'the space for attachments on the server is used up', { used, quota })
  }

  async function receive(spaceId: string, { sha256, contentType, size, source, isLive }: Upload): Promise<BlobInfo & { created: boolean }> {
    if (parseMime(contentType) === null) fail('unsupported_media_type', 'the Content-Type is not a media type')
    if (size !== null && size > maxBytes) fail('payload_too_large', 'the file is too large', { maxBytes })
    if (!await find(spaceId, sha256)) await requireQuota(database, spaceId, size ?? 0, spaceBytes)
    const file = await store.receive(source, size ?? maxBytes)
    try {
      if (size !== null && file.size !== size) fail('invalid_request', 'fewer bytes came than Content-Length said')
      if (file.sha256 !== sha256) fail('invalid_request', 'the bytes do not have this SHA-256', { sha256: file.sha256 })
      const mime = await checkFile({ file, contentType, spaceId, checks })
      return { sha256, size: file.size, mime, created: await commit(spaceId, file, { mime, quota: spaceBytes, isLive }) }
    } finally {
      await file.discard()
    }
  }

  let sweeping: Promise<SweepResult> | undefined
  const sweep = (): Promise<SweepResult> => {
    sweeping ??= sweepBlobs({ database, store, transaction, turns, now }).finally(() => { sweeping = undefined })
    return sweeping
  }
  const timer = setInterval(() => {
    sweep().then((result) => log.info(result, 'blobs swept'), (error: unknown) => log.error({ err: error }, 'blobs could not be swept'))
  }, sweepEveryMs)
  timer.unref()

  return {
    find,
    sweep,
    async upload(spaceId, upload) {
      const running = uploads.get(spaceId) ?? 0
      if (running >= uploadsAtOnce) fail('rate_limited', 'too many uploads at once', { retryAfter: 1 })
      uploads.set(spaceId, running + 1)
      try {
        return await receive(spaceId, upload)
      } finally {
        const left = (uploads.get(spaceId) ?? 1) - 1
        if (left > 0) uploads.set(spaceId, left)
        else uploads.delete(spaceId)
      }
    },
    async put(spaceId, bytes, mime, name) {
      const head = bytes.subarray(0, headBytes)
      const type = mimeOf(parseMime(mime), { detected: await detectMime(head), head, known: supportedMimeTypes })
      const file = await store.receive(oneChunk(bytes), maxBytes)
      try {
        await commit(spaceId, file, { mime: type, quota: Number.MAX_SAFE_INTEGER })
        return { type: 'file', sha256: file.sha256, name: name ?? `file.${type.split('/')[1]!.replace(/[^a-z0-9].*$/, '')}`, mime: type, size: file.size, ...readImageSize(bytes) }
      } finally {
        await file.discard()
      }
    },
    async touch(spaceId, sha256) {
      await database.updateTable('blob_ref').set({ unreferenced_since: now() }).where('space', '=', spaceId).where('sha256', '=', sha256).where('unreferenced_since', 'is not', null).execute()
      return find(spaceId, sha256)
    },
    async open(spaceId, sha256, range) {
      const info = await find(spaceId, sha256)
      const opened = info && await store.open(sha256, range)
      return opened ? { ...info, body: opened.body } : null
    },
    async read(spaceId, sha256) {
      const info = await find(spaceId, sha256)
      const opened = info && await store.open(sha256)
      if (!opened) return null
      const chunks: Uint8Array[] = []
      for await (const chunk of opened.body as AsyncIterable<Uint8Array>) chunks.push(chunk)
      return { ...info, bytes: Buffer.concat(chunks) }
    },
    async close() {
      clearInterval(timer)
      await checks.close()
      await sweeping?.catch(() => undefined)
    },
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
