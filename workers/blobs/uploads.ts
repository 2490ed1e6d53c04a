import { createError, isUnreachable, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import type { LocalDatabase } from '../database/open'
import { createBackOff } from '../runs/back-off'
import { toError } from '../secrets/server-door'
import type { Schedule } from '../tabs/channel-message'
import { getBlob, listBlobs, putBlob, type BlobRow } from './blob-rows'
import type { BlobFiles } from './blob-files'

/** A request about a blob to our own server, in this device's name; `body` null for what carries none. */
export type BlobRequest = (method: 'HEAD' | 'PUT' | 'GET', sha256: string, body: Blob | null) => Promise<Result<Response>>
export type UploadState = 'waiting' | 'uploading' | 'uploaded' | 'refused'

export interface UploadOptions {
  db: LocalDatabase
  files: BlobFiles
  request: BlobRequest
  isPaired(): boolean
  onState(sha256: string, state: UploadState, error: HoldfastError | null): void
  /** A file arrived, or never will: what waited for it can go on. */
  onSettled(): void
  schedule: Schedule
  random: () => number
}

/** Another time will be better: no network, a busy server, a token to be renewed. A full server is not: what waits behind would wait for ever. */
const passing = (error: HoldfastError): boolean =>
  isUnreachable(error) || error.retryable || ['unauthorized', 'token_expired', 'token_revoked', 'origin_forbidden'].includes(error.code)

/** Takes the files of this device to the server, one at a time, oldest first; after a break it asks what is there already. */
export function createUploads({ db, files, request, isPaired, onState, onSettled, schedule, random }: UploadOptions) {
  let busy = false
  let again = false
  let stopped = false

  function settle(row: BlobRow, change: Pick<BlobRow, 'state' | 'code'>, error: HoldfastError | null) {
    db.driver.transaction(() => putBlob(db.driver, { ...row, ...change, lastUsed: db.now() }))
    db.committed({ rows: [], local: ['blob'] })
    onState(row.sha256, change.state === 'held' ? 'uploaded' : 'refused', error)
    onSettled()
  }

  async function offer(row: BlobRow): Promise<Result<object>> {
    const there = await request('HEAD', row.sha256, null)
    if (!there.ok) return there
    if (there.value.ok) return ok({})
    if (there.value.status !== 404) return err(await readError(there.value))
    const bytes = await files.read(row.sha256, row.size)
    if (!bytes) return err(createError('not_found', 'The file is not on this device any more.'))
    onState(row.sha256, 'uploading', null)
    const sent = await request('PUT', row.sha256, new Blob([bytes], { type: row.mime }))
    if (!sent.ok) return sent
    return sent.value.ok ? ok({}) : err(await readError(sent.value))
  }

  const backOff = createBackOff(schedule, random, () => void turn())

  /** False when the rest has to wait. */
  async function uploadOne(row: BlobRow): Promise<boolean> {
    const outcome = await offer(row)
    if (stopped) return false
    // It may have been dropped meanwhile.
    const current = getBlob(db.driver, row.sha256)
    if (!current) return true
    if (outcome.ok) {
      backOff.reset()
      settle(current, { state: 'held', code: null }, null)
      return true
    }
    if (!passing(outcome.error)) {
      settle(current, { state: 'refused', code: outcome.error.code }, outcome.error)
      return true
    }
    onState(row.sha256, 'waiting', outcome.error)
    const seconds = Number(outcome.error.details?.retryAfter ?? 0)
    backOff.wait(Number.isFinite(seconds) ? seconds * 1_000 : 0)
    return false
  }

  async function turn(): Promise<void> {
    if (stopped || backOff.waiting() || !isPaired()) return
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      do {
        again = false
        for (const row of listBlobs(db.driver, 'local')) if (!stopped && !await uploadOne(row)) return
      } while (again && !stopped)
    } finally {
      busy = false
    }
  }

  return {
    turn,
    /** The network is back: what was put off goes now. */
    retryNow() {
      backOff.reset()
      void turn()
    },
    stop() {
      stopped = true
      backOff.reset()
    },
  }
}

export async function readError(response: Response): Promise<HoldfastError> {
  const text = await response.text()
  let body: unknown = null
  try {
    body = JSON.parse(text)
  } catch {
    // A proxy's page, or an answer to HEAD, which has no body: the status alone is told.
  }
  return toError({ status: response.status, body: body as never })
}
