import type { z } from 'zod'
import type { MessageStatus, Usage } from '~/shared/domain/message'
import { isTerminal, statusSchema, usageSchema } from '~/shared/domain/message'
import { parseJson } from '~/shared/domain/text'
import { holdfastErrorSchema, type HoldfastError } from '~/shared/errors'
import type { Database, Trx } from '../sql/schema'
import type { RunTable } from './schema'
import { dataToSteps, stepsToData, type RunEvent } from './step-rows'

export interface RunKey { space: string, id: string }
/** A run as it stands in the database. */
export interface StoredRun {
  space: string, id: string, thread: string, message: string, status: MessageStatus, seq: number, usage: Usage | null, error: HoldfastError | null
}

const columns = ['space', 'id', 'thread', 'message', 'status', 'seq', 'usage', 'error', 'ended_at'] as const

/** A row that is not as it was written must not keep its run from being ended: what cannot be read of it counts as absent. */
const toRun = ({ space, id, thread, message, status, seq, usage, error, ended_at }: Pick<RunTable, typeof columns[number]>): StoredRun => ({
  space, id, thread, message, seq, status: toStatus(status, ended_at !== null), usage: parsed(usageSchema, usage), error: parsed(holdfastErrorSchema, error),
})

function toStatus(text: string, isOver: boolean): MessageStatus {
  const status = statusSchema.safeParse(text).data
  if (status && isTerminal(status) === isOver) return status
  return isOver ? 'interrupted' : 'streaming'
}

function parsed<T>(schema: z.ZodType<T>, text: string | null): T | null {
  return text === null ? null : schema.safeParse(parseJson(text)).data ?? null
}

export async function readRun(database: Database | Trx, { space, id }: RunKey): Promise<StoredRun | null> {
  const row = await database.selectFrom('run').select(columns)
    .where('space', '=', space).where('id', '=', id).executeTakeFirst()
  return row ? toRun(row) : null
}

export interface NewRun extends RunKey { thread: string, message: string, device: string, owner: string, now: number }
export async function insertRun(trx: Trx, { now, ...run }: NewRun): Promise<void> {
  await trx.insertInto('run').values({ ...run, status: 'queued', seq: 0, created_at: now, heartbeat: now, started_at: null, ended_at: null, usage: null, error: null }).execute()
}

/** So many runs that were stopped before they were asked for are remembered of a space: whoever is to hear of it asks within hours. */
const stoppedAhead = 1_000

/** Records that a run nobody has asked for yet must never start. */
export async function insertStoppedRun(trx: Trx, { space, id }: RunKey, device: string, now: number): Promise<void> {
  await trx.insertInto('run').values({
    space, id, thread: '', message: '', device, status: 'stopped', owner: '', seq: 0, created_at: now, started_at: null, heartbeat: now, ended_at: now, usage: null, error: null,
  }).execute()
  const ahead = () => trx.selectFrom('run').where('space', '=', space).where('thread', '=', '')
  const first = await ahead().select('created_at').orderBy('created_at', 'desc').offset(stoppedAhead).limit(1).executeTakeFirst()
  if (first) await trx.deleteFrom('run').where('space', '=', space).where('thread', '=', '').where('created_at', '<=', first.created_at).execute()
}

/** queued → streaming; false when somebody ended it before. */
export async function markStarted(trx: Trx, { space, id }: RunKey, owner: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await trx.updateTable('run').set({ status: 'streaming', owner, started_at: now, heartbeat: now })
    .where('space', '=', space).where('id', '=', id).where('status', '=', 'queued').executeTakeFirst()
  return numUpdatedRows > 0n
}

/** The compare-and-set of every ending: true for the one that ended the run, false for whoever comes second. */
export async function markEnded(
  trx: Trx, { space, id }: RunKey, ending: { status: MessageStatus, usage: Usage | null, error: HoldfastError | null, seq: number, now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx.updateTable('run').set({
    status: ending.status, ended_at: ending.now, seq: ending.seq,
    usage: ending.usage && JSON.stringify(ending.usage), error: ending.error && JSON.stringify(ending.error),
  }).where('space', '=', space).where('id', '=', id).where('ended_at', 'is', null).executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Says that the runs of this process are alive, and answers which of them are still open. */
export async function beat(database: Database, owner: string, now: number): Promise<RunKey[]> {
  await database.updateTable('run').set({ heartbeat: now }).where('owner', '=', owner).where('ended_at', 'is', null).execute()
  return database.selectFrom('run').select(['space', 'id']).where('owner', '=', owner).where('ended_at', 'is', null).execute()
}

/** Runs that nobody keeps alive: all open ones, or those silent since `before`. */
export async function readSilentRuns(database: Database, before: number): Promise<StoredRun[]> {
  const rows = await database.selectFrom('run').select(columns)
    .where('ended_at', 'is', null).where('heartbeat', '<', before).execute()
  return rows.map(toRun)
}

export interface EventBatch extends RunKey { events: readonly RunEvent[] }
/** Stores batches of steps; one that is there already is left alone. */
export async function insertEvents(database: Database | Trx, batches: readonly EventBatch[]): Promise<void> {
  const rows = batches.flatMap(({ space, id, events }) => {
    const last = events.at(-1)
    return last ? [{ space, run: id, seq: last.seq, data: stepsToData(events) }] : []
  })
  if (rows.length > 0) await database.insertInto('run_event').values(rows).onConflict((conflict) => conflict.doNothing()).execute()
}

/** Rows of steps that are in memory at the same time: one of a large reply may have megabytes. */
const rowsAtOnce = 16

/** Steps after `after`, in order, each once, row by row, with the number of what cannot be read: one bad row costs itself only. */
export async function* readSteps(database: Database | Trx, { space, id }: RunKey, after: number): AsyncGenerator<{ events: RunEvent[], unreadable: number }> {
  let last = after
  for (let from = after; ;) {
    const rows = await database.selectFrom('run_event').select(['seq', 'data'])
      .where('space', '=', space).where('run', '=', id).where('seq', '>', from).orderBy('seq').limit(rowsAtOnce).execute()
    for (const { seq, data } of rows) {
      from = seq
      const { events, unreadable } = dataToSteps(data)
      const fresh = events.filter((event) => event.seq > last)
      last = Math.max(last, fresh.at(-1)?.seq ?? 0)
      yield { events: fresh, unreadable }
    }
    if (rows.length < rowsAtOnce) return
  }
}

/** Forgets the steps of runs that ended from `from` up to `before`: their rows hold the whole reply. */
export async function deleteEvents(database: Database, from: number, before: number): Promise<void> {
  const rows = await database.selectFrom('run').select(['space', 'id']).where('ended_at', '>=', from).where('ended_at', '<', before)
    .where((eb) => eb.exists(eb.selectFrom('run_event').select('run_event.seq').whereRef('run_event.space', '=', 'run.space').whereRef('run_event.run', '=', 'run.id')))
    .execute()
  for (const { space, id } of rows) await database.deleteFrom('run_event').where('space', '=', space).where('run', '=', id).execute()
}
