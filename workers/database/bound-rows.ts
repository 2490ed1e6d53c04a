import { boundColumns, boundJson, deepest, isWithinDepth } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import type { SqlDriver } from './driver'
import { readMeta, writeMeta } from './meta'
import { unlessFull } from './storage-full'

/** JSON columns by table and key; `whole` ones hold all columns of a change. */
const places = [
  { table: 'message', key: 'id', column: 'parts' }, { table: 'message', key: 'id', column: 'usage' }, { table: 'message', key: 'id', column: 'error' },
  { table: 'setting', key: 'name', column: 'value' },
  { table: 'outbox', key: 'n', column: 'c', whole: true }, { table: 'rejected', key: 'n', column: 'c', whole: true },
]

/**
 * Folds what an earlier build wrote deeper than a row may be, once for each file: rows, and what waits to be sent of them, in the same way as
 * the server does, so that both stay equal. A value is looked at only where it has brackets enough to be too deep.
 */
export function boundRows(driver: SqlDriver): void {
  if (readMeta(driver, 'bounded') !== null) return
  unlessFull(() => driver.transaction(() => {
    for (const place of places) boundColumn(driver, place)
    writeMeta(driver, { bounded: 1 })
  }))
}

function boundColumn(driver: SqlDriver, { table, key, column, whole = false }: { table: string, key: string, column: string, whole?: boolean }): void {
  const brackets = `length(${column}) - length(replace(replace(${column}, '[', ''), '{', ''))`
  const keys = driver.all<{ key: string | number }>(`select ${key} as key from ${table} where ${brackets} > ${deepest}`)
  for (const { key: id } of keys) {
    const text = driver.get<{ text: string }>(`select ${column} as text from ${table} where ${key} = ?`, [id])?.text
    const bounded = text === undefined ? null : boundText(text, whole)
    if (bounded !== null) driver.run(`update ${table} set ${column} = ? where ${key} = ?`, [bounded, id])
  }
}

/** The text of a bounded value; null where it was within bounds, or is no JSON at all. */
function boundText(text: string, whole: boolean): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (isWithinDepth(value, whole ? deepest + 1 : deepest)) return null
  return JSON.stringify(whole ? boundColumns(value as Record<string, JsonValue>) : boundJson(value))
}
