import type { MessageStatus, Usage } from '~/shared/domain/message'
import type { Part } from '~/shared/domain/part'
import { boundColumns } from '~/shared/domain/bounds'
import { createError, type HoldfastError } from '~/shared/errors'
import { limits } from '~/shared/limits'
import type { RunEnd } from '~/shared/protocol/run'
import type { Sync } from '../sync/sync'
import { fitParts } from './fit-entries'
import { insertEvents, markEnded, type StoredRun } from './run-store'
import { cell } from './start-run'
import type { RunEvent } from './step-rows'

/** A reply's row is one change of the server's, with room for its other members. */
const longestParts = limits.serverChangeBytes - 64 * 1024

export interface Ending {
  status: Extract<MessageStatus, 'final' | 'stopped' | 'interrupted' | 'error'>
  parts: readonly Part[]
  usage?: Usage | null
  error?: HoldfastError | null
  /** Steps that are not stored yet, and the number of the last one. */
  unsaved?: readonly RunEvent[]
  seq: number
}

/**
 * Ends a run, whoever does it and why: one compare-and-set on its status, in the transaction that writes the reply's terminal cell.
 * Null for whoever comes second; nothing was changed then.
 */
export async function endRun(
  { sync, now }: { sync: Sync, now: () => number }, run: Pick<StoredRun, 'space' | 'id' | 'message'>, { status, parts, usage = null, error = null, unsaved = [], seq }: Ending,
): Promise<RunEnd | null> {
  const fitting = fitParts(parts, longestParts)
  const failure = error ?? (fitting === parts ? null : createError('payload_too_large', 'The reply is longer than a message may be.'))
  // What a provider says may hold characters that no row can.
  const columns = boundColumns(cell(status, [...fitting], usage, failure))
  const changes = await sync.transaction(run.space, async (trx) => {
    if (!(await markEnded(trx, run, { status, usage, error: failure, seq, now: now() }))) return null
    await insertEvents(trx, [{ space: run.space, id: run.id, events: unsaved }])
    return sync.writeServerChanges(trx, run.space, [{ t: 'message', k: run.message, c: columns }])
  })
  if (!changes) return null
  sync.announce(run.space, changes)
  return toRunEnd({ id: run.id, status, usage, error: failure })
}

/** The message that tells a run's end to whoever follows it. */
export const toRunEnd = ({ id, status, usage, error }: Pick<StoredRun, 'id' | 'status' | 'usage' | 'error'>): RunEnd =>
  ({ type: 'run-end', run: id as RunEnd['run'], status, ...(usage ? { usage } : {}), ...(error ? { error } : {}) })
