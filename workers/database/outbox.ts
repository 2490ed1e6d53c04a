import { z } from 'zod'
import type { JsonValue } from '~/shared/domain/text'
import type { Change, Rejection } from '~/shared/sync/change'
import type { Clock } from '~/shared/sync/clock'
import { slotClock } from '~/shared/sync/merge'
import { slotOf, type TableName } from '~/shared/sync/tables'
import { isOfData, setAside } from './aside'
import type { SqlDriver } from './driver'
import { readEntities } from './entities'
import { readMeta, writeMeta } from './meta'

/** What is written here and not yet acknowledged. Its numbers have no holes and begin after the last acknowledged one. */
interface OutboxRow { n: number, t: TableName, k: string, h: Clock, c: string }

/** The values are as this device wrote them: what their columns may hold was checked then. A schema of JSON would drop members named `__proto__`. */
const columnsSchema = z.record(z.string(), z.unknown())

/**
 * A change that waits, or was refused. One whose text cannot be read is put together again from its row, which holds what was written under
 * its clock; its text is kept aside. What has been overwritten since goes without columns: the server refuses it, and its number is used up.
 */
function rowToChange(driver: SqlDriver, table: 'outbox' | 'rejected', { n, t, k, h, c }: OutboxRow): Change {
  try {
    return { n, t, k, h, c: columnsSchema.parse(JSON.parse(c)) as Record<string, JsonValue> }
  } catch (cause) {
    if (!isOfData(cause)) throw cause
    const entity = readEntities(driver, t, [k]).get(k)
    const columns = Object.entries(entity?.columns ?? {}).filter(([column]) => slotClock(entity!, slotOf(t, column)) === h)
    if (columns.length === 0) setAside(driver, { t: table, k: `${k} ${h}` }, cause, { text: c })
    driver.run(`update ${table} set c = ? where n = ?`, [JSON.stringify(Object.fromEntries(columns)), n])
    return { n, t, k, h, c: Object.fromEntries(columns) }
  }
}

export function nextNumber(driver: SqlDriver): number {
  const last = driver.get<{ n: number | null }>('select max(n) as n from outbox')?.n
  return (last ?? Number(readMeta(driver, 'acked') ?? 0)) + 1
}

export function appendOutbox(driver: SqlDriver, changes: readonly Change[]): void {
  for (const { n, t, k, h, c } of changes) driver.run('insert into outbox (n, t, k, h, c) values (?, ?, ?, ?, ?)', [n, t, k, h, JSON.stringify(c)])
}

/** The outbox from its beginning, as much as one push may carry; always at least one change if there is one. */
export function readOutbox(driver: SqlDriver, limit: { changes: number, bytes: number }): Change[] {
  const changes: Change[] = []
  let bytes = 0
  for (const row of driver.all<OutboxRow & { bytes: number }>(
    'select n, t, k, h, c, octet_length(c) + octet_length(k) + 120 as bytes from outbox order by n limit ?', [limit.changes],
  )) {
    bytes += row.bytes
    if (changes.length > 0 && bytes > limit.bytes) break
    changes.push(rowToChange(driver, 'outbox', row))
  }
  return changes
}

export const readChange = (driver: SqlDriver, n: number): Change | undefined => {
  const row = driver.get<OutboxRow>('select n, t, k, h, c from outbox where n = ?', [n])
  return row && rowToChange(driver, 'outbox', row)
}

/** What waits of one row, in order. */
export const listOutgoing = (driver: SqlDriver, table: TableName, key: string): Change[] =>
  driver.all<OutboxRow>('select n, t, k, h, c from outbox where t = ? and k = ? order by n', [table, key]).map((row) => rowToChange(driver, 'outbox', row))

export const readWholeOutbox = (driver: SqlDriver): Change[] => driver.all<OutboxRow>('select n, t, k, h, c from outbox order by n').map((row) => rowToChange(driver, 'outbox', row))

export interface OutboxSize { outgoing: number, rejected: number }
export const countOutbox = (driver: SqlDriver): OutboxSize =>
  driver.get<{ outgoing: number, rejected: number }>('select (select count(*) from outbox) as outgoing, (select count(*) from rejected) as rejected')!

/** Whether a change of one of these rows still waits for its acknowledgement. */
export function isOutgoing(driver: SqlDriver, keys: readonly string[]): boolean {
  return driver.get('select 1 as found from outbox where k in (select value from json_each(?)) limit 1', [JSON.stringify(keys)]) !== undefined
}

/** Gives every entry a new number, in the same order, beginning with `first`. The clocks stay. */
export function renumberOutbox(driver: SqlDriver, first: number): void {
  // By way of negative numbers: a number is unique at every step of the update.
  driver.run('update outbox set n = -ranked.rank from (select n as old, row_number() over (order by n) as rank from outbox) as ranked where n = ranked.old')
  driver.run('update outbox set n = ? - 1 - n', [first])
}

/** Removes entries that were found in the server's log; each is known by its clock, table and key, whatever number it had. Returns their numbers. */
export function removeLogged(driver: SqlDriver, logged: readonly Pick<Change, 't' | 'k' | 'h'>[]): { n: number, h: Clock }[] {
  if (logged.length === 0) return []
  return driver.all(
    `delete from outbox where rowid in (
      select outbox.n from json_each(?) as logged join outbox on outbox.h = logged.value ->> 0 and outbox.t = logged.value ->> 1 and outbox.k = logged.value ->> 2
    ) returning n, h`,
    [JSON.stringify(logged.map(({ h, t, k }) => [h, t, k]))],
  )
}

/** Everything up to `upto` is with the server. What it refused is set aside, to be shown. */
export function acknowledge(driver: SqlDriver, upto: number, rejected: readonly Rejection[] = []): void {
  for (const { n, code, message } of rejected) {
    driver.run('insert or replace into rejected (n, t, k, h, c, code, message) select n, t, k, h, c, ?, ? from outbox where n = ?', [code, message, n])
  }
  const clock = driver.get<{ h: string }>('select h from outbox where n = ?', [upto])?.h
  driver.run('delete from outbox where n <= ?', [upto])
  writeMeta(driver, { acked: upto, ...(clock ? { 'acked-clock': clock } : {}) })
}

export interface RejectedChange extends Change { code: string, message: string }

/** Changes that the server refused, oldest first. */
export const listRejected = (driver: SqlDriver): RejectedChange[] =>
  driver.all<OutboxRow & { code: string, message: string }>('select * from rejected order by n').map((row) => ({ ...rowToChange(driver, 'rejected', row), code: row.code, message: row.message }))

/** Sends a refused change again, under a new number and its old clock. Inside the caller's transaction; false if there is none. */
export function retryRejected(driver: SqlDriver, n: number): boolean {
  if (!driver.get('select 1 as found from rejected where n = ?', [n])) return false
  driver.run('insert into outbox (n, t, k, h, c) select ?, t, k, h, c from rejected where n = ?', [nextNumber(driver), n])
  driver.run('delete from rejected where n = ?', [n])
  return true
}

/** Forgets a refused change. Its row keeps the refused value until the sync client has compared the replica with the server. */
export function discardRejected(driver: SqlDriver, n: number): void {
  driver.run('delete from rejected where n = ?', [n])
  writeMeta(driver, { doubt: n })
}
