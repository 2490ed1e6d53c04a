import { boundColumns, boundJson, deepest, isWithinDepth } from '~/shared/domain/bounds'
import { parseJson, type JsonValue } from '~/shared/domain/text'
import type { Change } from '~/shared/sync/change'
import { jsonColumnsOf, tableNames, tables, type TableName } from '~/shared/sync/tables'
import type { SqlDriver } from './driver'
import { readMeta, writeMeta } from './meta'
import { unlessFull } from './storage-full'

/** A column of JSON text. A `whole` one holds all columns of a change, one level further in. */
interface Place { table: string, column: string, whole?: boolean }

const placesOf = (table: TableName): Place[] => jsonColumnsOf(table).map((column) => ({ table, column }))
const waiting: Place = { table: 'outbox', column: 'c', whole: true }
const places: Place[] = [...tableNames.flatMap(placesOf), waiting, { ...waiting, table: 'rejected' }]

/**
 * Folds what an earlier build wrote deeper than a row may be, once for each file: rows, and what waits to be sent of them, in the same way as
 * the server does, so that both stay equal.
 */
export function boundRows(driver: SqlDriver): void {
  if (readMeta(driver, 'bounded') !== null) return
  unlessFull(() => driver.transaction(() => {
    foldRows(driver)
    writeMeta(driver, { bounded: 1 })
  }))
}

function foldRows(driver: SqlDriver): void {
  for (const place of places) {
    // A value is looked at only where it has brackets enough to be too deep. The numbers first, then one at a time: a value may be megabytes.
    const brackets = `length(${place.column}) - length(replace(replace(${place.column}, '[', ''), '{', ''))`
    const suspects = driver.all<{ id: number }>(`select rowid as id from ${place.table} where ${brackets} > ${deepest}`)
    for (const { id } of suspects) foldCell(driver, place, id)
  }
}

/**
 * Folds what is about to be sent and is too deep, in the rows and in what waits of them: whatever stands in the file, the server is not asked
 * to take what it must refuse. False if there was nothing to fold.
 */
export function foldOutgoing(driver: SqlDriver, changes: readonly Pick<Change, 't' | 'k' | 'c'>[]): boolean {
  const deep = changes.filter(({ c }) => !isWithinDepth(c, deepest + 1))
  if (deep.length === 0) return false
  driver.transaction(() => {
    for (const { t, k } of deep) {
      for (const { n } of driver.all<{ n: number }>('select n from outbox where t = ? and k = ?', [t, k])) foldCell(driver, waiting, n)
      const row = driver.get<{ id: number }>(`select rowid as id from ${t} where ${tables[t].key} = ?`, [k])
      for (const place of placesOf(t)) if (row) foldCell(driver, place, row.id)
    }
  })
  return true
}

function foldCell(driver: SqlDriver, { table, column, whole = false }: Place, id: number): void {
  const text = driver.get<{ text: string | null }>(`select ${column} as text from ${table} where rowid = ?`, [id])?.text ?? 'null'
  const folded = foldText(text, whole)
  if (folded === null) return
  try {
    driver.run(`update ${table} set ${column} = ? where rowid = ?`, [folded, id])
  } catch (error) {
    // The full-text index asks for the text that stood there, which SQLite cannot read below a thousand levels. Such a row stays as it is.
    if (!(error instanceof Error && error.message.includes('malformed JSON'))) throw error
  }
}

/** The text of a bounded value; null where it was within bounds, or is no JSON at all. */
function foldText(text: string, whole: boolean): string | null {
  const value = parseJson(text)
  if (isWithinDepth(value, whole ? deepest + 1 : deepest)) return null
  return JSON.stringify(whole ? boundColumns(value as Record<string, JsonValue>) : boundJson(value))
}
