import { createError, isUnreachable, type ErrorCode, type HoldfastError } from '~/shared/errors'
import type { RunId } from '~/shared/domain/ids'
import { isTerminal } from '~/shared/domain/message'
import type { RunThreadBody } from '~/shared/protocol/run-thread'
import type { Emit } from '../tabs/tab'
import type { Schedule } from '../tabs/channel-message'
import { writeLocal } from '../database/local-write'
import type { LocalDatabase } from '../database/open'
import { isOutgoing } from '../database/outbox'
import { deletePending, listPending, pendingOfRun, putPending, type PendingRun } from '../database/pending-run'
import { readMessage } from '../database/queries/rows'
import { isStorageFull } from '../database/storage-full'
import { toError, type ServerDoor } from '../secrets/server-door'
import { createBackOff } from './back-off'

export interface DispatchOptions {
  db: LocalDatabase
  door: Pick<ServerDoor, 'request'>
  isPaired(): boolean
  readKey(): Promise<string | null>
  /** Whether what the message carries is with the server, or why it never will be; its upload calls `turn` when that changes. */
  filesAreUp?(pending: PendingRun): boolean | HoldfastError
  /** What the server said that is about itself: full, or damaged; null once it takes runs. */
  heardOfServer?(error: HoldfastError | null): void
  /** The server took the run. */
  onStarted(run: RunId): void
  emit: Emit
  schedule: Schedule
  random: () => number
}

/** The server has no word on the run then: the device's own standing is in question. */
const standing: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'token_expired', 'token_revoked', 'origin_forbidden'])
/** A server that says the same passing reason this often means it. */
const passingRefusals = 10

/** `held`: this one waits for the reply before it, while other threads go on. */
type Outcome = 'next' | 'wait' | 'held' | { later: number }

/**
 * Sends what waits, in the order it was written, one at a time, from the device that wrote it: rows first, then the run, with the key
 * added at that moment (design.md, One send). A run id is asked for again as often as needed: the server starts it once.
 */
export function createDispatch(options: DispatchOptions) {
  const { db, door, emit } = options
  const toldOfKey = new Set<string>()
  const held = new Set<RunId>()
  let busy = false
  let again = false
  let stopped = false

  function forget(run: RunId) {
    db.driver.transaction(() => deletePending(db.driver, run))
    toldOfKey.delete(run)
    db.committed({ rows: [], local: ['pending_run'] })
  }

  /** The server said no for good: the reply ends here, and says why. */
  function giveUp(pending: PendingRun, error: HoldfastError) {
    const touched = db.driver.transaction(() => {
      deletePending(db.driver, pending.run)
      return writeLocal(db, [{ t: 'message', k: pending.message, c: { status: 'error', parts: [], usage: null, error: error as never } }])
    })
    db.committed({ ...touched, local: [...touched.local ?? [], 'pending_run'] })
    emit('send-blocked', { thread: pending.thread, reply: pending.message, error })
  }

  function refused(pending: PendingRun, error: HoldfastError): Outcome {
    if (standing.has(error.code)) return 'wait'
    // No word on this run: it goes once there is room, or another database.
    if (error.code === 'database_damaged' || (error.code === 'storage_full' && error.retryable)) {
      options.heardOfServer?.(error)
      return { later: 0 }
    }
    const attempts = pending.attempts + 1
    if (error.retryable && attempts < passingRefusals) {
      db.driver.transaction(() => putPending(db.driver, { ...pending, tried: true, attempts }))
      const seconds = Number(error.details?.retryAfter ?? 0)
      return { later: Number.isFinite(seconds) ? seconds * 1_000 : 0 }
    }
    giveUp(pending, error)
    return 'next'
  }

  /** Whether the reply above is still to come: without it the model would be asked about half a conversation. */
  function followsOpenReply({ parent }: PendingRun): boolean {
    const question = readMessage(db.driver, parent)
    const above = question?.parent ? readMessage(db.driver, question.parent) : undefined
    return above !== undefined && above.role === 'assistant' && !above.deleted && !isTerminal(above.status)
  }

  async function sendOne(pending: PendingRun): Promise<Outcome> {
    const row = readMessage(db.driver, pending.message)
    if (!row || row.deleted || isTerminal(row.status) || row.status === 'streaming') {
      forget(pending.run)
      return 'next'
    }
    if (isOutgoing(db.driver, [pending.message, pending.parent]) || !options.isPaired()) return 'wait'
    if (followsOpenReply(pending)) return 'held'
    const files = options.filesAreUp?.(pending) ?? true
    if (files === false) return 'wait'
    if (files !== true) {
      giveUp(pending, files)
      return 'next'
    }
    const openrouterApiKey = await options.readKey()
    if (openrouterApiKey === null) {
      if (!toldOfKey.has(pending.run)) {
        toldOfKey.add(pending.run)
        emit('send-blocked', { thread: pending.thread, reply: pending.message, error: createError('key_missing', 'this message waits for an OpenRouter key') })
      }
      return 'wait'
    }
    // It may have been cancelled while the key was read.
    if (!pendingOfRun(db.driver, pending.run)) return 'next'
    db.driver.transaction(() => putPending(db.driver, { ...pending, tried: true }))
    const body: RunThreadBody = {
      threadId: pending.thread, runId: pending.run, parentMessageId: pending.parent, messageId: pending.message,
      options: { ...pending.options, openrouterApiKey },
    }
    const answer = await door.request('POST', '/run_thread', body)
    if (stopped) return 'wait'
    // Cancelled meanwhile: the stop that was noted goes out by itself.
    if (!pendingOfRun(db.driver, pending.run)) return 'next'
    if (!answer.ok) return isUnreachable(answer.error) ? { later: 0 } : refused(pending, answer.error)
    if (answer.value.status >= 300) return refused(pending, toError(answer.value))
    options.heardOfServer?.(null)
    forget(pending.run)
    options.onStarted(pending.run)
    return 'next'
  }

  const backOff = createBackOff(options.schedule, options.random, () => void turn())

  /** Sends what can go now. Called on each acknowledgement, key, connection and new send. */
  async function turn(): Promise<void> {
    if (stopped || backOff.waiting()) return
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      do {
        again = false
        held.clear()
        const first = () => listPending(db.driver).find(({ run }) => !held.has(run))
        for (let pending = first(); pending; pending = first()) {
          const outcome = await sendOne(pending)
          if (stopped || outcome === 'wait') break
          if (outcome === 'held') {
            held.add(pending.run)
            continue
          }
          if (outcome === 'next') {
            backOff.reset()
            continue
          }
          backOff.wait(outcome.later)
          return
        }
      } while (again && !stopped)
    } catch (cause) {
      if (!isStorageFull(cause)) throw cause
      backOff.wait(0)
    } finally {
      busy = false
    }
  }

  const unlisten = db.onCommit(({ rows, all }) => {
    if (held.size > 0 && (all || rows.some(({ table }) => table === 'message'))) void turn()
  })

  return {
    turn,
    /** The network is back: what was put off goes now. */
    retryNow() {
      backOff.reset()
      void turn()
    },
    /** A key came or went: what waits for one is asked about again. */
    keyChanged() {
      toldOfKey.clear()
      void turn()
    },
    stop() {
      stopped = true
      unlisten()
      backOff.reset()
    },
  }
}
