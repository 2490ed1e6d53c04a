import { ZodError } from 'zod'
import { UnreadableRow } from '~/shared/sync/unreadable'
import { isTableName, jsonColumnsOf, tableNames, tables, type TableName } from '~/shared/sync/tables'
import type { SqlDriver } from './driver'
import { unlessFull } from './storage-full'

/**
 * The belt: a key whose row or changes cannot be read or written is set aside, whole and in order, so that nothing else stops for it. Its row
 * stays where it is as well; later changes of the key wait behind the first. It knows nothing of merging: `return-rows.ts` brings keys back.
 */
export interface AsideChange { h: string, c: unknown }
type KeyedChange = AsideChange & { t: string, k: string }

/** Tables of this file alone, beyond the replica's schema: an image does not bring them. */
export function createAsideTables(driver: SqlDriver): void {
  driver.exec(`
    create table if not exists aside (t text not null, k text not null, reason text not null, at integer not null, row text, primary key (t, k)) strict;
    create table if not exists aside_change (id integer primary key, t text not null, k text not null, h text not null, c text not null, unique (t, k, h, c)) strict;
  `)
}

/** Whether they stand: a file that was full when this build first opened it has none until something is set aside. */
const hasAsideTables = (driver: SqlDriver): boolean => driver.get("select 1 as found from sqlite_schema where name = 'aside_change'") !== undefined

/** SQLITE_TOOBIG, CONSTRAINT (wrong types in a strict table among it), MISMATCH, RANGE. */
const ofData = new Set([18, 19, 20, 25])

/** Whether a failure is of a row's data: its JSON, a type, a constraint, a size. Anything else, of the file or the disk, stops as it must. */
export function isOfData(cause: unknown): cause is Error {
  if (cause instanceof UnreadableRow || cause instanceof SyntaxError || cause instanceof RangeError || cause instanceof ZodError) return true
  const { resultCode: code, message } = cause as { resultCode?: unknown, message?: unknown }
  if (typeof code !== 'number') return false
  return ofData.has(code & 0xff) || (code === 1 && /malformed JSON/.test(String(message)))
}

export const keyId = (t: string, k: string): string => `${t} ${k}`

/** The keys that are aside, each as `keyId`. */
export const readAsideIds = (driver: SqlDriver): Set<string> =>
  new Set(hasAsideTables(driver) ? driver.all<{ t: string, k: string }>('select t, k from aside').map(({ t, k }) => keyId(t, k)) : [])

/** Sets a key aside with its row as it stands, and puts changes behind what is kept of it. `text` is what it is in place of a row's. */
export function setAside(driver: SqlDriver, { t, k }: { t: string, k: string }, cause: Error | string, { changes = [], text = null }: { changes?: readonly AsideChange[], text?: string | null } = {}): void {
  createAsideTables(driver)
  if (!driver.get('select 1 as found from aside where t = ? and k = ?', [t, k])) {
    const row = isTableName(t) ? driver.get(`select * from ${t} where ${tables[t].key} = ?`, [k]) : undefined
    driver.run('insert into aside (t, k, reason, at, row) values (?, ?, ?, ?, ?)', [t, k, reasonOf(cause), Date.now(), row ? JSON.stringify(row) : text])
  }
  appendAside(driver, changes.map((change) => ({ ...change, t, k })))
}

function reasonOf(cause: Error | string): string {
  if (typeof cause === 'string') return cause
  if (cause instanceof UnreadableRow) return cause.message
  if (cause instanceof SyntaxError || /malformed JSON/.test(cause.message)) return 'it holds malformed JSON'
  return cause instanceof ZodError ? 'it has a form that no build knows' : `the database does not take it: ${cause.message}`
}

function appendAside(driver: SqlDriver, changes: readonly KeyedChange[]): void {
  for (const { t, k, h, c } of changes) driver.run('insert or ignore into aside_change (t, k, h, c) values (?, ?, ?, ?)', [t, k, h, toText(c)])
}

/** `JSON.stringify`, or what is left of a value that is too deep for it. */
const toText = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (cause) {
    if (cause instanceof RangeError) return '"nested too deep to be kept"'
    throw cause
  }
}

/** Changes without those of keys aside, which are put behind what is kept of them. */
export function withoutAside<C extends KeyedChange>(driver: SqlDriver, changes: readonly C[]): readonly C[] {
  const aside = readAsideIds(driver)
  if (aside.size === 0) return changes
  appendAside(driver, changes.filter(({ t, k }) => aside.has(keyId(t, k))))
  return changes.filter(({ t, k }) => !aside.has(keyId(t, k)))
}

/**
 * Reads something of a stored row: what cannot be read is set aside, and is undefined. `text` is kept of what is no row. Every reader of JSON in
 * the file comes through here. On a full disk a query goes on without it, and it is set aside when it is read again; a transaction hears of it.
 */
export function orAside<T>(driver: SqlDriver, t: string, k: string, read: () => T, text: string | null = null): T | undefined {
  try {
    return read()
  } catch (cause) {
    if (!isOfData(cause)) throw cause
    const keep = () => setAside(driver, { t, k }, cause, { text })
    if (driver.inTransaction()) keep()
    else unlessFull(keep)
    return undefined
  }
}

/** SQL that is true of a row of the table whose JSON and clock can all be read. */
export const isReadable = (table: TableName, name: string = table): string =>
  [...[...jsonColumnsOf(table), 'hx'].map((column) => `coalesce(json_valid(${name}.${column}), 1)`), `(${name}.h = '' or ${name}.h glob '[0-9]*:[0-9]*:*')`].join(' and ')

/** Looks through every row of the file and sets aside what cannot be read. */
export function findUnreadable(driver: SqlDriver): void {
  for (const table of tableNames) {
    const keys = driver.all<{ k: string }>(`select ${tables[table].key} as k from ${table} where not (${isReadable(table)})`)
    for (const { k } of keys) setAside(driver, { t: table, k }, 'it holds malformed JSON or a malformed clock')
  }
}

export interface KeptAside { table: string, key: string, reason: string, at: number, row: string | null, changes: { h: string, c: string }[] }

/** The oldest keys aside, with how many changes wait of each. */
export const nameAside = (driver: SqlDriver, most: number): { table: string, key: string, reason: string, at: number, changes: number }[] => !hasAsideTables(driver) ? [] : driver.all(
  `select t as "table", k as "key", reason, at, (select count(*) from aside_change where t = aside.t and k = aside.k) as changes from aside order by at, rowid limit ?`, [most])

export const countAside = (driver: SqlDriver): number =>
  (hasAsideTables(driver) ? driver.get<{ count: number }>('select count(*) as count from aside')!.count : 0)

/** What is kept aside, oldest first, with all of it. */
export const listAside = (driver: SqlDriver): KeptAside[] => !hasAsideTables(driver) ? [] :
  driver.all<{ t: string, k: string, reason: string, at: number, row: string | null }>('select * from aside order by at, rowid').map(({ t, k, reason, at, row }) => ({
    table: t, key: k, reason, at, row, changes: driver.all<{ h: string, c: string }>('select h, c from aside_change where t = ? and k = ? order by id', [t, k]),
  }))

export function forgetAside(driver: SqlDriver, t: string, k: string): void {
  driver.run('delete from aside where t = ? and k = ?', [t, k])
  driver.run('delete from aside_change where t = ? and k = ?', [t, k])
}
