import { isTerminal } from '~/shared/domain/message'
import { mostParts } from '~/shared/domain/part'
import type { Log } from '../log'
import type { Database } from '../sql/schema'
import { attachToLive, deltaOf, type RunWire } from './attachment'
import { toRunEnd } from './end-run'
import type { LiveRun } from './live-run'
import { readMessage } from './message-row'
import { readRun, type RunKey } from './run-store'
import { readStoredParts } from './stored-parts'

export interface AttachRequest extends RunWire {
  space: string
  run: string
  /** Number of the last step the device has. */
  after: number
}

const keyOf = ({ space, id }: RunKey): string => `${space}/${id}`

/** Which devices follow which run: one that streams here, one that has ended, or one that nobody has asked for yet. */
export interface Attachments {
  attach(request: AttachRequest): () => void
  /** A run begins here: those who wait for it follow it. */
  started(run: LiveRun): void
  /** A run ended that does not stream here. */
  ended(run: RunKey): void
}

interface Waiting {
  /** Number of the last step that was sent. */
  after: number
  /** False once it follows a live run, has heard the end, or was detached. */
  active: boolean
  wire: RunWire
  follow(run: LiveRun): void
  /** Sends what is stored and not sent yet, and the end if there is one. */
  catchUp(): void
}

export function createAttachments({ database, log, findLive }: { database: Database, log: Log, findLive: (run: RunKey) => LiveRun | undefined }): Attachments {
  const waiting = new Map<string, Set<Waiting>>()

  function forget(key: string, waiter: Waiting): void {
    waiter.active = false
    const waiters = waiting.get(key)
    waiters?.delete(waiter)
    if (waiters?.size === 0) waiting.delete(key)
  }

  async function replay(run: RunKey, waiter: Waiting): Promise<void> {
    const stored = await readRun(database, run)
    if (!stored) return
    const { entries, seq, unreadable } = await readStoredParts(database, run, waiter.after)
    const isNew = seq > waiter.after
    if (unreadable > 0) log.warn({ run: run.id, unreadable }, 'steps of a run could not be read and were left out')
    // The steps of an old run are gone; its row has the whole reply.
    const isGone = !isNew && waiter.after === 0 && stored.seq > 0 && isTerminal(stored.status)
    const row = isGone ? await database.transaction().execute((trx) => readMessage(trx, run.space, stored.message)) : null
    if (!waiter.active) return
    if (isNew) waiter.wire.send(deltaOf(run.id, entries, seq))
    else if (row) waiter.wire.send(deltaOf(run.id, row.parts.slice(0, mostParts).map((part, index) => ({ ...part, index })), stored.seq))
    waiter.after = seq
    if (!isTerminal(stored.status)) return
    forget(keyOf(run), waiter)
    waiter.wire.send(toRunEnd(stored))
  }

  return {
    attach({ space, run: id, after, send, buffered }) {
      const run = { space, id }
      const live = findLive(run)
      if (live) return attachToLive(live, after, { send, buffered })

      const key = keyOf(run)
      let leave: (() => void) | null = null
      // Replays of one device follow each other, so that no step is sent twice.
      let replaying = Promise.resolve()
      const waiter: Waiting = {
        after, active: true, wire: { send, buffered },
        follow(begun) {
          forget(key, waiter)
          leave = attachToLive(begun, waiter.after, { send, buffered })
        },
        catchUp() {
          replaying = replaying.then(() => (waiter.active ? replay(run, waiter) : undefined))
            .catch((error: unknown) => log.error({ err: error, run: id }, 'a run could not be replayed'))
        },
      }
      waiting.set(key, (waiting.get(key) ?? new Set()).add(waiter))
      waiter.catchUp()
      return () => {
        forget(key, waiter)
        leave?.()
      }
    },
    started(run) {
      for (const waiter of [...(waiting.get(keyOf(run)) ?? [])]) waiter.follow(run)
    },
    ended(run) {
      for (const waiter of [...(waiting.get(keyOf(run)) ?? [])]) waiter.catchUp()
    },
  }
}
