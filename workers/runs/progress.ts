import type { HoldfastError } from '~/shared/errors'
import type { RunId, ThreadId } from '~/shared/domain/ids'
import { mergeDeltas } from '~/shared/domain/merge-deltas'
import { isTerminal } from '~/shared/domain/message'
import { appendDeltas, type Part, type PartDelta } from '~/shared/domain/part'
import type { RunDelta, RunEnd } from '~/shared/protocol/run'
import { orAside } from '../database/aside'
import type { LocalDatabase } from '../database/open'
import type { SyncClient } from '../sync/ports'
import type { Emit } from '../tabs/tab'
import type { Schedule } from '../tabs/channel-message'

interface Watched {
  seq: number
  parts: Part[]
  retryAt: number | null
  /** What came since the last event to the tabs, and the number it follows. */
  fresh: PartDelta[]
  after: number
  changed: boolean
  ended: boolean
}

export interface ProgressOptions {
  db: LocalDatabase
  sync: Pick<SyncClient, 'attachRun' | 'detachRun'>
  emit: Emit
  schedule: Schedule
}

const frameMs = 16
interface OpenRow { run: string, thread: string }

/**
 * Replies on their way: attaches to each run that streams, keeps what has come of it, and tells the tabs about one frame at a time.
 * Streamed text is kept until the terminal row is applied, not until the run's end is heard (design.md, One send 5).
 */
export function createProgress({ db, sync, emit, schedule }: ProgressOptions) {
  const runs = new Map<RunId, Watched>()
  let cancel: (() => void) | undefined

  function attach(run: RunId): Watched {
    let watched = runs.get(run)
    if (!watched) {
      watched = { seq: 0, parts: [], retryAt: null, fresh: [], after: 0, changed: false, ended: false }
      runs.set(run, watched)
      sync.attachRun(run, 0)
    }
    return watched
  }

  const rowOf = (run: RunId) =>
    db.driver.get<{ id: string, thread: string | null, status: string, error: string | null }>('select id, thread, status, error from message where run = ? limit 1', [run])

  function flush() {
    cancel = undefined
    for (const [run, watched] of runs) {
      if (!watched.changed) continue
      emit('run-progress', { run, after: watched.after, seq: watched.seq, parts: mergeDeltas(watched.fresh), retryAt: watched.retryAt })
      watched.fresh = []
      watched.after = watched.seq
      watched.changed = false
    }
  }

  function end(run: RunId, watched: Watched, status: string, error: HoldfastError | null) {
    if (watched.ended) return
    watched.ended = true
    cancel?.()
    flush()
    emit('run-ended', { run, thread: (rowOf(run)?.thread ?? null) as ThreadId | null, status, error })
  }

  /** Follows the rows: new streams are attached to, finished ones let go. */
  function follow() {
    for (const { run } of db.driver.all<OpenRow & Record<string, string>>(
      `select run, thread from message where status = 'streaming' and run is not null and deleted is not 1`)) attach(run as RunId)
    for (const [run, watched] of runs) {
      const row = rowOf(run)
      if (!row || !isTerminal(row.status)) continue
      end(run, watched, row.status, row.error ? orAside(db.driver, 'message', row.id, () => JSON.parse(row.error!) as HoldfastError) ?? null : null)
      runs.delete(run)
      sync.detachRun(run)
    }
  }

  const unlisten = db.onCommit((touched) => {
    if (touched.all || touched.rows.some(({ table }) => table === 'message')) follow()
  })

  return {
    /** After the sync client has been made: attaches to what streams already. */
    start: follow,
    attach: (run: RunId) => void attach(run),
    delta(delta: RunDelta) {
      const watched = runs.get(delta.run)
      if (!watched || delta.seq < watched.seq || (delta.seq === watched.seq && delta.parts.length > 0)) return
      watched.parts = appendDeltas(watched.parts, delta.parts)
      watched.fresh.push(...delta.parts)
      watched.seq = delta.seq
      watched.retryAt = delta.retryAt ?? null
      watched.changed = true
      cancel ??= schedule(flush, frameMs)
    },
    ended(message: RunEnd) {
      const watched = runs.get(message.run)
      if (watched) end(message.run, watched, message.status, message.error ?? null)
    },
    /** What has come so far; events go on from there. */
    snapshot(run: RunId): { seq: number, parts: Part[], retryAt: number | null } {
      const row = rowOf(run)
      if (row && isTerminal(row.status)) return { seq: 0, parts: [], retryAt: null }
      const watched = attach(run)
      // What is in the snapshot is not said again.
      cancel?.()
      flush()
      return { seq: watched.seq, parts: watched.parts, retryAt: watched.retryAt }
    },
    stop() {
      unlisten()
      cancel?.()
      runs.clear()
    },
  }
}
export type Progress = ReturnType<typeof createProgress>
