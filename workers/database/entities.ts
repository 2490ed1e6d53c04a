import { z } from 'zod'
import { boundJson } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import { isClock, noClock, type Clock } from '~/shared/sync/clock'
import { slotClock, type Entity } from '~/shared/sync/merge'
import { columnsOf, isOfKind, slotOf, tables, type TableName } from '~/shared/sync/tables'
import { UnreadableRow } from '~/shared/sync/unreadable'
import { orAside } from './aside'
import type { SqlDriver, SqlRow } from './driver'

const quote = (name: string) => `"${name}"`
const clocksSchema = z.record(z.string(), z.custom<Clock>((value) => typeof value === 'string'))

/** The merged rows of these keys; a key without a row is absent, and so is one whose row cannot be read, which is aside then. */
export function readEntities(driver: SqlDriver, table: TableName, keys: Iterable<string>): Map<string, Entity> {
  const entities = new Map<string, Entity>()
  const rows = driver.all(selectSql(table), [JSON.stringify([...keys])])
  for (const row of rows) {
    const key = String(row[tables[table].key])
    const entity = orAside(driver, table, key, () => rowToEntity(table, row))
    if (entity) entities.set(key, entity)
  }
  return entities
}

const selectSql = (table: TableName) =>
  `select * from ${table} where ${tables[table].key} in (select value from json_each(?))`

/** A row of a synced table, as `select *` gives it, as a merged row. A column that was never written is absent. Throws for one that cannot be read. */
export function rowToEntity(table: TableName, row: SqlRow): Entity {
  if (row.h !== noClock && !isClock(String(row.h))) throw new UnreadableRow('its clock is malformed')
  const hx = row.hx === '{}' ? {} : clocksSchema.parse(JSON.parse(String(row.hx)))
  const entity: Entity = { columns: {}, h: String(row.h) as Clock, hx }
  for (const [name, column] of Object.entries(columnsOf(table))) {
    if (slotClock(entity, slotOf(table, name)) === noClock) continue
    const value = row[name] ?? null
    entity.columns[name] = column.kind === 'json' && value !== null ? JSON.parse(String(value)) as JsonValue : value as JsonValue
  }
  return entity
}

/** The clock of a logged change. Throws `UnreadableRow` for a text that is none. */
export function readClock(text: string): Clock {
  if (!isClock(text)) throw new UnreadableRow('the clock of a change is malformed')
  return text
}

/** The columns of a change that this build knows, JSON within bounds. Throws `UnreadableRow` for a value of the wrong type. */
export function readColumns(table: TableName, given: Readonly<Record<string, unknown>>): Record<string, JsonValue> {
  const columns = columnsOf(table)
  const read: Record<string, JsonValue> = {}
  for (const name of Object.keys(given)) {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined
    if (!column) continue
    const value = given[name]
    if (!isOfKind(column.kind, value)) throw new UnreadableRow(`column ${name} of a change has a value of the wrong type`)
    read[name] = (column.kind === 'json' ? boundJson(value) : value) as JsonValue
  }
  return read
}

/** Writes merged rows in one statement with one bind: a page of 2,000 goes in at once. */
export function writeEntities(driver: SqlDriver, table: TableName, entities: ReadonlyMap<string, Entity>): void {
  if (entities.size === 0) return
  const names = Object.keys(columnsOf(table))
  const rows = [...entities].map(([key, entity]) => [key, entity.h, JSON.stringify(entity.hx), ...names.map((name) => entity.columns[name] ?? null)])
  driver.run(upsertSql(table), [JSON.stringify(rows)])
}

const upserts = new Map<TableName, string>()

function upsertSql(table: TableName): string {
  let sql = upserts.get(table)
  if (!sql) {
    const { key } = tables[table]
    const columns = Object.entries(columnsOf(table))
    // `jsonb_each` hands each row on in parsed form, which makes the whole three times as fast as with `json_each`.
    // `->` keeps a JSON value as JSON text, and a JSON null must be a NULL; `->>` gives the plain value.
    const values = columns.map(([, { kind }], i) => (kind === 'json' ? `nullif(value -> ${i + 3}, 'null')` : `value ->> ${i + 3}`))
    const names = [key, 'h', 'hx', ...columns.map(([name]) => name)].map(quote)
    sql = `insert into ${table} (${names.join(', ')}) select value ->> 0, value ->> 1, value ->> 2, ${values.join(', ')} from jsonb_each(?) where true
      on conflict (${key}) do update set ${names.slice(1).map((name) => `${name} = excluded.${name}`).join(', ')}`
    upserts.set(table, sql)
  }
  return sql
}
