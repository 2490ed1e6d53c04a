import { createDeltaMerger } from '~/shared/domain/merge-deltas'
import type { PartDelta } from '~/shared/domain/part'
import type { Database } from '../sql/schema'
import { readSteps, type RunKey } from './run-store'

export interface StoredParts {
  /** What the steps give together: few entries, whatever they were. */
  entries: PartDelta[]
  /** Number of the last step, `after` when there is none. */
  seq: number
  /** Rows and entries that cannot be read and are left out. */
  unreadable: number
}

/** What was stored of a run's reply from step `after` + 1 on. */
export async function readStoredParts(database: Database, run: RunKey, after = 0): Promise<StoredParts> {
  const merger = createDeltaMerger()
  const stored: StoredParts = { entries: [], seq: after, unreadable: 0 }
  for await (const { events, unreadable } of readSteps(database, run, after)) {
    for (const { parts } of events) merger.add(parts)
    stored.seq = events.at(-1)?.seq ?? stored.seq
    stored.unreadable += unreadable
  }
  return { ...stored, entries: merger.result() }
}
