import type { FilePart } from '~/shared/domain/part'
import { HoldfastException, type HoldfastError } from '~/shared/errors'
import type { LocalDatabase } from '../database/open'
import type { PendingRun } from '../database/pending-run'
import type { StorageEstimates } from '../database/storage-state'
import { unexpected } from '../rpc'
import type { Schedule } from '../tabs/channel-message'
import type { Emit } from '../tabs/tab'
import { adoptFiles } from './adopt-files'
import type { BlobFiles } from './blob-files'
import { deleteBlob, getBlob, offerAllAgain, putBlob } from './blob-rows'
import { blobsReady, filesOf } from './blobs-ready'
import { createDownloads } from './downloads'
import { evictBlobs } from './eviction'
import { messageRowParts } from './message-parts'
import { createUploads, type BlobRequest, type UploadState } from './uploads'

export interface DeviceBlobsOptions {
  db: LocalDatabase
  files: BlobFiles
  request: BlobRequest
  isPaired(): boolean
  estimates: StorageEstimates | undefined
  emit: Emit
  /** Uploads moved on: queued sends may go. */
  onSettled(): void
  schedule: Schedule
  random: () => number
}

export type DeviceBlobs = ReturnType<typeof createDeviceBlobs>

const evictEvery = 60_000
/** The server lets go of what no row names for a week; a draft may be older than that. */
const askAgainAfter = 24 * 60 * 60 * 1000

/** The leader's side of attachments: which file is where, and what has to travel. */
export function createDeviceBlobs({ db, files, request, isPaired, estimates, emit, onSettled, schedule, random }: DeviceBlobsOptions) {
  const onState = (sha256: string, state: UploadState, error: HoldfastError | null) => emit('blob-state', { sha256, state, error })
  const uploads = createUploads({ db, files, request, isPaired, onState, onSettled, schedule, random })
  const downloads = createDownloads({ db, files, request })
  let cancel: (() => void) | undefined
  let stopped = false

  function evictLater() {
    if (!stopped) cancel = schedule(() => void evictBlobs(db, files, estimates).catch(unexpected).finally(evictLater), evictEvery)
  }

  function offer({ sha256, size, mime }: FilePart) {
    db.driver.transaction(() => putBlob(db.driver, { sha256, state: 'local', code: null, size, mime, lastUsed: db.now() }))
    db.committed({ rows: [], local: ['blob'] })
    void uploads.turn()
  }

  /** What a draft held longer than a day may be gone from the server. */
  function askAgain(pending: PendingRun): boolean {
    const stale = filesOf(db, pending.parent).filter(({ sha256 }) => {
      const row = pending.wrote ? getBlob(db.driver, sha256) : undefined
      return row?.state === 'held' && db.now() - row.lastUsed > askAgainAfter
    })
    for (const part of stale) offer(part)
    return stale.length > 0
  }

  function forgetRefusals(pending: PendingRun) {
    const refused = filesOf(db, pending.parent).flatMap(({ sha256 }) => getBlob(db.driver, sha256) ?? []).filter(({ state }) => state === 'refused')
    db.driver.transaction(() => refused.forEach((row) => putBlob(db.driver, { ...row, state: 'local', code: null })))
  }

  return {
    actions: {
      async 'upload-blob'({ part }: { part: FilePart }): Promise<{ state: UploadState }> {
        const row = getBlob(db.driver, part.sha256)
        if (row?.state === 'held' && db.now() - row.lastUsed < askAgainAfter) return { state: 'uploaded' }
        offer(part)
        return { state: 'waiting' }
      },
      async 'drop-blob'({ sha256 }: { sha256: string }) {
        if (messageRowParts(db.driver, sha256).length > 0) return {}
        db.driver.transaction(() => deleteBlob(db.driver, sha256))
        await files.remove(sha256)
        return {}
      },
      async 'fetch-blob'({ part }: { part: FilePart }) {
        const fetched = await downloads.fetch(part)
        if (!fetched.ok) throw new HoldfastException(fetched.error)
        return {}
      },
    },
    /** True when all that a queued send carries is with the server; an error ends that send, and another one offers its files anew. */
    filesAreUp(pending: PendingRun): boolean | HoldfastError {
      if (askAgain(pending)) return false
      const ready = blobsReady(db, pending.parent)
      if (ready === false) void uploads.turn()
      else if (ready !== true) forgetRefusals(pending)
      return ready
    },
    start() {
      evictLater()
      void adoptFiles(db, files, db.now()).then(() => uploads.turn()).catch(unexpected)
    },
    /** The server can be reached again. */
    connected: () => uploads.retryNow(),
    /** The server is an older copy of itself: it may lack what it held. */
    restored() {
      db.driver.transaction(() => offerAllAgain(db.driver))
      uploads.retryNow()
    },
    stop() {
      stopped = true
      cancel?.()
      uploads.stop()
    },
  }
}
