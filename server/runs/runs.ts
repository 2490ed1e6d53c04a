import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTerminal, type MessageStatus } from '~/shared/domain/message'
import type { RunThreadBody } from '~/shared/protocol/run-thread'
import type { Log } from '../log'
import type { OpenRouter } from '../openrouter/openrouter'
import type { Database, Dialect } from '../sql/schema'
import { diskFull } from '../sql/storage-failure'
import type { Sync } from '../sync/sync'
import { createAttachments, type AttachRequest } from './attachments'
import { endStored } from './end-stored'
import { createEventWriter } from './event-writer'
import { createLiveRun, type LiveRun, type StopReason } from './live-run'
import { createRunQueue, runsPerSpace } from './queue'
import { createReaper } from './reaper'
import { beat, insertStoppedRun, readRun, type RunKey, type StoredRun } from './run-store'
import { startOrFind } from './start-run'
import { finishRun, streamRun, type RunBlobs, type RunRequest } from './stream-run'

export interface RunsDeps {
  database: Database
  dialect: Dialect
  sync: Sync
  openrouter: OpenRouter
  log: Log
  now: () => number
  blobs: RunBlobs
  /** Runs of one space at the same time. */
  limit?: number
}

export interface RunState { runId: string, messageId: string, status: MessageStatus }
export interface Runs {
  /** Starts a run, or finds the one with this id; durable when it answers. Throws HoldfastException. */
  start(request: { space: string, device: string, body: RunThreadBody }): Promise<RunState>
  /** Follows a run from step `after` + 1 on, also one that has ended or that is not asked for yet. Returns what ends it. */
  attach(request: AttachRequest): () => void
  /** Ends a run, keeping what came; one that is not known is recorded, so that it never starts. Answers its last state. */
  stop(request: { space: string, device: string, run: string }): Promise<RunState>
  find(space: string, run: string): Promise<RunState | null>
  /** Ends what another process left behind. Called at the start and every 10 s. */
  reap(which: 'all' | 'silent'): Promise<void>
  /** Ends the runs of this process as interrupted, for a server that stops. */
  close(): Promise<void>
}

const tickMs = 10_000
/** How long a stop waits for its end to be stored. */
const stopPatienceMs = 8_000
interface Turn { run: LiveRun, request: RunRequest }
const keyOf = ({ space, id }: RunKey): string => `${space}/${id}`

/** Replies that the server streams, whoever is looking (design.md, One send 4 to 7). */
export function createRuns({ database, dialect, sync, openrouter, log, now, blobs, limit = runsPerSpace }: RunsDeps): Runs {
  const owner = randomUUID()
  const live = new Map<string, Turn>()
  let closing = false
  const writer = createEventWriter({ database, dialect, log })
  const streaming = { database, sync, openrouter, blobs, writer, log, now, owner, isClosing: () => closing }
  const findLive = (run: RunKey) => live.get(keyOf(run))?.run
  const attachments = createAttachments({ database, log, findLive })
  const reaper = createReaper({ database, sync, log, now, isLive: (run) => live.has(keyOf(run)), onEnd: (run) => attachments.ended(run) })
  const queue = createRunQueue<Turn>(limit, async ({ run, request }) => {
    await streamRun(streaming, run, request)
    live.delete(keyOf(run))
  })

  const toState = ({ id, message, status }: StoredRun): RunState => ({ runId: id, messageId: message || id, status })

  async function stopLive(turn: Turn, reason: StopReason): Promise<void> {
    const { run } = turn
    run.stop(reason)
    if (!queue.remove(run.space, turn)) {
      const given = new AbortController()
      const late = sleep(stopPatienceMs, 'late', { signal: given.signal, ref: false }).catch(() => undefined)
      if (reason === 'stopped' && await Promise.race([run.done, late]) === 'late') throw diskFull()
      given.abort()
      return void await run.done
    }
    await finishRun(streaming, run, { status: reason })
    live.delete(keyOf(run))
  }

  async function tick(): Promise<void> {
    const known = [...live]
    if (known.length === 0) return reaper.reap('silent')
    const open = new Set((await beat(database, owner, now())).map(keyOf))
    // What another process ended goes no further here.
    for (const [key, { run }] of known) if (!open.has(key)) run.stop('stopped')
    await reaper.reap('silent')
  }
  let ticking: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    ticking = ticking.then(tick).catch((error: unknown) => log.error({ err: error }, 'runs could not be looked after'))
  }, tickMs)
  timer.unref()

  return {
    async start({ space, device, body }) {
      const { run, isNew, changes } = await sync.transaction(space, (trx) => startOrFind(trx, sync, { space, device, body }, { owner, now: now() }))
      sync.announce(space, changes)
      if (!isNew) return toState(run)
      const begun = createLiveRun({ space, id: run.id, thread: run.thread, message: run.message, onAppend: (grown) => writer.add(grown) })
      const turn = { run: begun, request: { parent: body.parentMessageId, options: body.options } }
      live.set(keyOf(begun), turn)
      attachments.started(begun)
      queue.add(space, turn)
      return toState(run)
    },

    attach: (request) => attachments.attach(request),

    async stop({ space, device, run: id }) {
      const key = { space, id }
      const turn = live.get(keyOf(key))
      if (turn) await stopLive(turn, 'stopped')
      const run = await sync.transaction(space, async (trx) => {
        const found = await readRun(trx, key)
        if (!found) await insertStoppedRun(trx, key, device, now())
        return found
      })
      if (!run) return { runId: id, messageId: id, status: 'stopped' }
      if (isTerminal(run.status)) return toState(run)
      // It streams nowhere, or in another process, which notices.
      if (await endStored({ database, sync, log, now }, run, 'stopped')) attachments.ended(key)
      return toState((await readRun(database, key)) ?? run)
    },

    async find(space, id) {
      const run = await readRun(database, { space, id })
      return run && toState(run)
    },

    reap: (which) => reaper.reap(which),

    async close() {
      closing = true
      clearInterval(timer)
      await ticking
      await Promise.all([...live.values()].map((turn) => stopLive(turn, 'interrupted')))
      await writer.close()
    },
  }
}
