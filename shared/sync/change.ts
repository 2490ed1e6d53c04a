import { z } from 'zod'
import { idPattern, type DeviceId } from '../domain/ids'
import { deepest, isWithinDepth } from '../domain/bounds'
import { cleanText, isCleanJson, type JsonValue } from '../domain/text'
import { createError } from '../errors'
import { limits } from '../limits'
import { err, ok, type Result } from '../result'
import { clockSchema, clockWriter, type Clock } from './clock'
import { cellColumns, columnsOf, isTableName, type TableName } from './tables'

/** The envelope of a change: what must be well-formed for a push to be read at all. What is inside is checked by `checkChange`. */
export const changeSchema = z.object({
  /** The device's counter, from 1, without gaps. */
  n: z.number().int().positive(),
  /** Table. */
  t: z.string().max(64),
  /** Key of the row. */
  k: z.string().min(1).max(512),
  /** Clock of every column in `c`. */
  h: z.string().max(64),
  /** Columns. */
  c: z.record(z.string().max(64), z.unknown()),
})
export type ChangeEnvelope = z.infer<typeof changeSchema>

/** A change that `checkChange` has taken. */
export interface Change { n: number, t: TableName, k: string, h: Clock, c: Record<string, JsonValue> }

/** A change as it stands in the server's log; `device` is `server` for what the server wrote, its `n` then counts the server's own. */
export const loggedChangeSchema = changeSchema.extend({ seq: z.number().int().positive(), device: z.string() })
export interface LoggedChange extends Change { seq: number, device: string }

export const rejectionSchema = z.object({ n: z.number().int().positive(), code: z.string(), message: z.string() })
export type Rejection = z.infer<typeof rejectionSchema>

/**
 * Whether a well-formed change that `device` pushes can be taken: known table and columns, values of their kinds, within size and depth. The clock may be
 * another writer's: that is how a device gives a restored server back what it holds (I12), long replies of the server among it.
 */
export function checkChange(change: ChangeEnvelope, device: DeviceId | 'server'): Result<Change> {
  const refuse = (message: string) => err(createError('invalid_request', message, { n: change.n }))
  if (!isTableName(change.t)) return refuse(`unknown table ${JSON.stringify(change.t)}`)
  const clock = clockSchema.safeParse(change.h)
  if (!clock.success) return refuse('malformed clock')
  // First of all that looks into the values: what comes after may call itself for each level.
  if (!Object.values(change.c).every((value) => isWithinDepth(value))) return refuse(`a value is nested more than ${deepest} deep`)
  const writtenByServer = device === 'server' || clockWriter(clock.data) === 'server'
  const bytes = byteLength(JSON.stringify(change))
  if (bytes > (writtenByServer ? limits.serverChangeBytes : limits.changeBytes)) {
    return err(createError('payload_too_large', 'the change is too large', { n: change.n }))
  }
  const columns: Record<string, JsonValue> = {}
  const known = columnsOf(change.t)
  for (const [name, value] of Object.entries(change.c)) {
    const derived = keyPart(change.t, change.k, name)
    if (derived !== undefined) {
      if (derived !== value) return refuse(`column ${name} differs from the key`)
      if (!Object.hasOwn(known, name)) continue
    }
    const column = Object.hasOwn(known, name) ? known[name] : undefined
    if (!column) return refuse(`unknown column ${JSON.stringify(name)} of ${change.t}`)
    if (!column.schema.safeParse(value).success) return refuse(`column ${name} has a value of the wrong kind`)
    if (!isCleanJson(value)) return refuse(`column ${name} holds U+0000 or half a surrogate pair`)
    columns[name] = value as JsonValue
  }
  if (Object.keys(columns).length === 0) return refuse('the change has no columns')
  if (!isKey(change.t, change.k)) return refuse('malformed key')
  if (change.t === 'message') {
    const given = cellColumns.filter((name) => Object.hasOwn(columns, name)).length
    if (given !== 0 && given !== cellColumns.length) return refuse(`${cellColumns.join(', ')} are written together`)
  }
  return ok({ n: change.n, t: change.t, k: change.k, h: clock.data, c: columns })
}

/** What a column that repeats the key must say; undefined for any other column. */
function keyPart(table: TableName, key: string, column: string): string | undefined {
  if (table === 'setting' && column === 'name') return key
  if (table !== 'label') return undefined
  const colon = key.indexOf(':')
  if (column === 'thread') return key.slice(0, colon)
  if (column === 'name') return key.slice(colon + 1)
  return undefined
}

function isKey(table: TableName, key: string): boolean {
  if (cleanText(key) !== key) return false
  if (table === 'setting') return key.length <= 200
  if (table === 'label') return idPattern.test(key.split(':', 1)[0] ?? '') && key.includes(':') && key.length <= 200
  return idPattern.test(key)
}

/** The bytes a text takes as UTF-8. A lone surrogate counts as the three bytes of its replacement. */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x7f) continue
    bytes += code > 0x7ff ? 2 : 1
    // A pair takes four bytes for its two units: two were counted, two were added for the first, none for the second.
    if (code >= 0xd800 && code <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++
  }
  return bytes
}
