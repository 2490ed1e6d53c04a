import type { Log } from '../log'
import type { Database } from '../sql/schema'
import type { LiveRun } from './live-run'
import { insertEvents } from './run-store'

/** From a delta's arrival to the beginning of its commit; with the commit itself it stays within 150 ms. */
const flushMs = 100
const retryMs = 1_000

/** Stores the steps of all live runs together: one commit for any number of runs costs one write to the disk. */
export interface EventWriter {
  /** The run has steps that are not stored. */
  add(run: LiveRun): void
  /** Leaves a run alone from now on and waits until no batch of it is under way: its ending stores the rest. */
  release(run: LiveRun): Promise<void>
  close(): Promise<void>
}

export function createEventWriter({ database, log }: { database: Database, log: Log }): EventWriter {
  const dirty = new Set<LiveRun>()
  const released = new WeakSet<LiveRun>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let writing: Promise<void> = Promise.resolve()

  const schedule = (ms: number): void => { timer ??= setTimeout(() => { timer = null; writing = writing.then(flush) }, ms) }

  async function flush(): Promise<void> {
    const batches = [...dirty].map((run) => ({ run, space: run.space, id: run.id, events: run.take(run.stored) }))
    dirty.clear()
    try {
      await insertEvents(database, batches)
      for (const { run, events } of batches) run.stored += events.length
    } catch (error) {
      // The steps stay in memory and go with the next try; a full disk may have room again.
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
      schedule(flushMs)
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
