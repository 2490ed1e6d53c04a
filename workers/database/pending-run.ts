import { z } from 'zod'
import type { MessageId, RunId, ThreadId } from '~/shared/domain/ids'
import { storedRunOptionsSchema, type StoredRunOptions } from '../api'
import { orAside } from './aside'
import type { SqlDriver } from './driver'

/** How a send stands: which message it brought with it (a retry brings none), whether the server was ever asked, how often it refused for a passing reason. */
const recordSchema = z.object({
  options: storedRunOptionsSchema,
  wrote: z.string().nullable(),
  tried: z.boolean().default(false),
  attempts: z.number().int().default(0),
})

/** A send of this device that the server has not taken yet. The key is not in it. */
export interface PendingRun {
  run: RunId
  thread: ThreadId
  /** The placeholder reply. */
  message: MessageId
  parent: MessageId
  options: StoredRunOptions
  wrote: MessageId | null
  /** The server was asked at least once, and may have started the run without our hearing of it. */
  tried: boolean
  attempts: number
}

interface Row { run: string, thread: string, message: string, parent: string, options: string }

function rowToPending(row: Row): PendingRun {
  const record = recordSchema.parse(JSON.parse(row.options))
  return {
    run: row.run as RunId, thread: row.thread as ThreadId, message: row.message as MessageId, parent: row.parent as MessageId,
    options: record.options, wrote: record.wrote as MessageId | null, tried: record.tried, attempts: record.attempts,
  }
}

const tryPending = (driver: SqlDriver, row: Row): PendingRun | undefined =>
  orAside(driver, 'pending_run', row.run, () => rowToPending(row), row.options)

export function putPending(driver: SqlDriver, pending: PendingRun): void {
  const { run, thread, message, parent, ...record } = pending
  driver.run('insert into pending_run (run, thread, message, parent, options) values (?, ?, ?, ?, ?) on conflict (run) do update set options = excluded.options',
    [run, thread, message, parent, JSON.stringify(recordSchema.parse(record))])
}

/** In the order they were written. */
export const listPending = (driver: SqlDriver): PendingRun[] =>
  driver.all<Row>('select * from pending_run order by rowid').map((row) => tryPending(driver, row)).filter((pending) => pending !== undefined)

export function pendingOfReply(driver: SqlDriver, reply: string): PendingRun | undefined {
  const row = driver.get<Row>('select * from pending_run where message = ?', [reply])
  return row && tryPending(driver, row)
}

export const pendingOfRun = (driver: SqlDriver, run: string): PendingRun | undefined => {
  const row = driver.get<Row>('select * from pending_run where run = ?', [run])
  return row && tryPending(driver, row)
}

export const deletePending = (driver: SqlDriver, run: string): void => driver.run('delete from pending_run where run = ?', [run])
