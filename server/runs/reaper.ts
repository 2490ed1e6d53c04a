import type { Log } from '../log'
import type { Database } from '../sql/schema'
import type { Sync } from '../sync/sync'
import { endStored } from './end-stored'
import { deleteEvents, readSilentRuns, type StoredRun } from './run-store'

const silentMs = 30_000
/** How long a run's steps are kept after its end, for devices that come back with a number. */
const keepEventsMs = 24 * 60 * 60_000

export interface Reaper {
  /** Ends what no process keeps alive, with everything that was stored: all open runs of others, or those silent for 30 s. */
  reap(which: 'all' | 'silent'): Promise<void>
}

export function createReaper({ database, sync, log, now, isLive, onEnd }: {
  database: Database, sync: Sync, log: Log, now: () => number, isLive: (run: StoredRun) => boolean, onEnd: (run: StoredRun) => void
}): Reaper {
  /** Older runs have been looked at by this process. */
  let cleanedUpTo = 0
  return {
    async reap(which) {
      const runs = await readSilentRuns(database, which === 'all' ? Number.MAX_SAFE_INTEGER : now() - silentMs)
      for (const run of runs) {
        if (isLive(run)) continue
        try {
          if (await endStored({ database, sync, log, now }, run, 'interrupted')) onEnd(run)
        } catch (error) {
          // One that can not be ended must not keep the others open.
          log.error({ err: error, run: run.id }, 'a silent run could not be ended')
        }
      }
      const before = now() - keepEventsMs
      await deleteEvents(database, cleanedUpTo, before)
      cleanedUpTo = before
    },
  }
}
