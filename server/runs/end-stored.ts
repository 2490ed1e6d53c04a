import { appendDeltas } from '~/shared/domain/part'
import { createError, type HoldfastError } from '~/shared/errors'
import type { Log } from '../log'
import { isOfData } from '../sql/data-failure'
import type { Database } from '../sql/schema'
import type { Sync } from '../sync/sync'
import { endRun, type Ending } from './end-run'
import { markEnded, type StoredRun } from './run-store'
import { readStoredParts } from './stored-parts'

export interface EndDeps { database: Database, sync: Sync, log: Log, now: () => number }

/**
 * Ends a run that streams nowhere, with everything that was stored of it. What of its data cannot be read or written is
 * left out and said: no run's data may keep it open, or others. False when somebody ended it before. Throws only what
 * is of the database itself.
 */
export async function endStored(deps: EndDeps, run: StoredRun, status: 'interrupted' | 'stopped'): Promise<boolean> {
  const { entries, seq, unreadable } = await readStoredParts(deps.database, run)
  const error = unreadable > 0 ? unreadableError(unreadable) : null
  if (error) deps.log.warn({ run: run.id, unreadable }, 'steps of a run could not be read and were left out')
  return endAnyhow(deps, run, { status, parts: appendDeltas([], entries), seq, error })
}

/** Ends a run with less, and at last without its reply's row, when that is what its data asks for. */
export async function endAnyhow(
  { database, sync, log, now }: EndDeps, run: Pick<StoredRun, 'space' | 'id' | 'message'>, ending: Ending,
): Promise<boolean> {
  try {
    return await endRun({ sync, now }, run, ending) !== null
  } catch (error) {
    if (!isOfData(error)) throw error
    log.error({ err: error, run: run.id }, 'a run could not be ended with all it holds')
  }
  const bare: Ending = { status: ending.status, parts: [], seq: ending.seq, error: unreadableError(1) }
  try {
    return await endRun({ sync, now }, run, bare) !== null
  } catch (error) {
    if (!isOfData(error)) throw error
    log.error({ err: error, run: run.id }, 'the reply of a run could not be written; the run was ended without it')
  }
  const end = { status: bare.status, seq: bare.seq, usage: null, error: unreadableError(1), now: now() }
  return database.transaction().execute((trx) => markEnded(trx, run, end))
}

const unreadableError = (unreadable: number): HoldfastError =>
  createError('internal', 'Some of this reply could not be read on the server and is left out.', { unreadable }, false)
