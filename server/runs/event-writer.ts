import type { Log } from '../log'
import { commitWithoutSync } from '../sql/commit'
import type { Database, Dialect } from '../sql/schema'
import type { LiveRun } from './live-run'
import { insertEvents } from './run-store'

/** From a step's arrival to the beginning of its commit, after which it goes out. The first step of a run does not wait. */
const flushMs = 40
const retryMs = 1_000

/** Stores the steps of all live runs together: one commit for any number of runs costs one write to the disk. */
export interface EventWriter {
  /** The run has steps that are not stored. */
  add(run: LiveRun): void
  /** Leaves a run alone from now on and waits until no batch of it is under way: its ending stores the rest. */
  release(run: LiveRun): Promise<void>
  close(): Promise<void>
}

export function createEventWriter({ database, dialect, log }: { database: Database, dialect: Dialect, log: Log }): EventWriter {
  const dirty = new Set<LiveRun>()
  const released = new WeakSet<LiveRun>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let writing: Promise<void> = Promise.resolve()
  let hasFailed = false
  /** A flush waits for the one that is under way. */
  let isNext = false

  const schedule = (ms: number): void => { timer ??= setTimeout(begin, ms) }
  function begin(): void {
    if (timer) clearTimeout(timer)
    timer = null
    if (isNext) return
    isNext = true
    writing = writing.then(flush)
  }

  async function flush(): Promise<void> {
    isNext = false
    if (dirty.size === 0) return
    const batches = [...dirty].map((run) => ({ run, space: run.space, id: run.id, events: run.take() }))
    dirty.clear()
    try {
      await commitWithoutSync(database, dialect, (connection) => insertEvents(connection, batches))
      hasFailed = false
      for (const { run, events } of batches) run.setStored(events.at(-1)?.seq ?? 0)
    } catch (error) {
      // The steps stay in memory and go with the next try, and out to nobody before; a full disk may have room again.
      hasFailed = true
      log.error({ err: error }, 'steps of runs could not be stored')
      for (const { run } of batches) if (!released.has(run)) dirty.add(run)
      if (dirty.size > 0) schedule(retryMs)
      return
    }
    if (dirty.size > 0) schedule(flushMs)
  }

  return {
    add(run) {
      if (released.has(run)) return
      dirty.add(run)
      if (run.stored() === 0 && !hasFailed) begin()
      else schedule(flushMs)
    },
    async release(run) {
      released.add(run)
      dirty.delete(run)
      await writing
    },
    async close() {
      if (timer) clearTimeout(timer)
      timer = null
      await writing
    },
  }
}
