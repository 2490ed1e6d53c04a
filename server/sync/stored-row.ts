import { isWithinDepth } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import { isClock, type Clock } from '~/shared/sync/clock'
import type { Entity } from '~/shared/sync/merge'
import { columnsOf, isOfKind, isTableName } from '~/shared/sync/tables'
import { UnreadableRow } from '~/shared/sync/unreadable'

/** SQLite, and so every device, reads no JSON that is deeper. */
const deepestJson = 1_000

export interface StoredRow { table: string, columns: string, h: string, hx: string }

/** A row of `entity` as the merge reads it. Throws `UnreadableRow` for one that no device could take. */
export function rowToEntity({ table, columns, h, hx }: StoredRow): Entity {
  if (!isClock(h)) throw new UnreadableRow('its clock is malformed')
  const clocks = parseObject(hx, 'its clocks are')
  if (!Object.values(clocks).every((clock) => clock === '' || (typeof clock === 'string' && isClock(clock)))) {
    throw new UnreadableRow('one of its clocks is malformed')
  }
  return { columns: readColumns(table, columns), h, hx: clocks as Record<string, Clock> }
}

/** The columns of a stored row or change. Throws `UnreadableRow`. Columns and tables of another build are left as they are. */
export function readColumns(table: string, text: string): Record<string, JsonValue> {
  const columns = parseObject(text, 'its columns are')
  const known = isTableName(table) ? columnsOf(table) : {}
  for (const [name, value] of Object.entries(columns)) {
    const column = Object.hasOwn(known, name) ? known[name] : undefined
    if (column && !isOfKind(column.kind, value)) throw new UnreadableRow(`its column ${name} has a value of the wrong type`)
  }
  return columns
}

function parseObject(text: unknown, what: string): Record<string, JsonValue> {
  if (typeof text !== 'string') throw new UnreadableRow(`${what} of the wrong type`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new UnreadableRow(`${what} malformed JSON`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UnreadableRow(`${what} no JSON object`)
  if (mayBeDeep(text) && !isWithinDepth(value, deepestJson)) throw new UnreadableRow(`${what} nested too deep`)
  return value as Record<string, JsonValue>
}

/** Nesting needs brackets: nearly every text is known to be flat by their number. */
function mayBeDeep(text: string): boolean {
  if (text.length <= 2 * deepestJson) return false
  let brackets = 0
  for (const _ of text.matchAll(/[[{]/g)) if (++brackets > deepestJson) return true
  return false
}

/** Whether the columns of a logged change are JSON that every device reads. */
export function isReadableJson(text: string): boolean {
  try {
    parseObject(text, '')
    return true
  } catch (error) {
    if (error instanceof UnreadableRow) return false
    throw error
  }
}
