import { boundColumns } from '~/shared/domain/bounds'
import { cleanText, type JsonValue } from '~/shared/domain/text'
import { HoldfastException } from '~/shared/errors'
import { checkChange, type Change } from '~/shared/sync/change'
import { mergeChange, type Entity } from '~/shared/sync/merge'
import { tableNames, type TableName } from '~/shared/sync/tables'
import { isOfData, keyId, setAside, withoutAside } from './aside'
import type { SqlDriver } from './driver'
import { readEntities, writeEntities } from './entities'
import { writeMeta } from './meta'
import type { LocalDatabase, Touched } from './open'
import { appendOutbox, nextNumber } from './outbox'
import { inSavepoint } from './savepoint'

/** What a person's write says: table, key and the columns it sets. Clock and number are given here. */
export interface LocalChange { t: TableName, k: string, c: Record<string, JsonValue> }

/**
 * Writes as this device, inside the caller's transaction: each change gets the next clock and number, is merged into its row and stands
 * in the outbox. The caller calls `db.committed` with the answer once the transaction is through. A change that the server would refuse fails here.
 */
export function writeLocal(db: LocalDatabase, changes: readonly LocalChange[]): Touched {
  let n = nextNumber(db.driver)
  const stamped: Change[] = []
  for (const { t, k, c } of changes) {
    const checked = checkChange({ n, t, k: cleanText(k), h: db.stamp(), c: boundColumns(c) }, db.deviceId)
    if (!checked.ok) throw new HoldfastException(checked.error)
    stamped.push(checked.value)
    n++
  }
  mergeInto(db, stamped)
  appendOutbox(db.driver, stamped)
  writeMeta(db.driver, { clock: db.clock() })
  return { rows: stamped.map(({ t, k }) => ({ table: t, key: k })), local: ['outbox'] }
}

type MergedChange = Pick<Change, 't' | 'k' | 'h' | 'c'>
type Rows = ReadonlyMap<TableName, ReadonlyMap<string, Entity>>

/**
 * Merges changes into their rows, inside the caller's transaction; returns the rows that really changed. A key whose row cannot be read, or
 * whose changes cannot be written, is set aside with them, and the rest goes on; so do later changes of such a key.
 */
export function mergeInto(db: Pick<LocalDatabase, 'driver'>, changes: readonly MergedChange[], merge = mergeChange): Touched['rows'] {
  const rows = readRows(db.driver, changes)
  const kept = withoutAside(db.driver, changes)
  try {
    return writeMerged(db.driver, kept, rows, merge)
  } catch (cause) {
    if (!isOfData(cause)) throw cause
    // Which key it was shows when each is written alone. What was written of them before is written once more: that changes nothing.
    return [...groupByKey(kept)].flatMap(([, group]) => mergeKey(db.driver, group, rows, merge))
  }
}

function mergeKey(driver: SqlDriver, changes: readonly [MergedChange, ...MergedChange[]], rows: Rows, merge: typeof mergeChange): Touched['rows'] {
  try {
    return inSavepoint(driver, () => writeMerged(driver, changes, rows, merge))
  } catch (cause) {
    if (!isOfData(cause)) throw cause
    setAside(driver, changes[0], cause, { changes })
    return []
  }
}

function groupByKey(changes: readonly MergedChange[]): Map<string, [MergedChange, ...MergedChange[]]> {
  const groups = new Map<string, [MergedChange, ...MergedChange[]]>()
  for (const change of changes) {
    const group = groups.get(keyId(change.t, change.k))
    if (group) group.push(change)
    else groups.set(keyId(change.t, change.k), [change])
  }
  return groups
}

/** The merged rows that changes are about, by table and key. */
export function readRows(driver: SqlDriver, changes: readonly MergedChange[]): Rows {
  const keys = new Map<TableName, Set<string>>()
  for (const { t, k } of changes) keys.set(t, (keys.get(t) ?? new Set()).add(k))
  return new Map([...keys].map(([table, ofTable]) => [table, readEntities(driver, table, ofTable)]))
}

/** Merges changes into rows that were read and writes those that changed. Throws for what the database does not take. */
export function writeMerged(driver: SqlDriver, changes: readonly MergedChange[], rows: Rows, merge = mergeChange): Touched['rows'] {
  const touched: Touched['rows'] = []
  for (const table of tableNames) {
    const changed = new Map<string, Entity>()
    for (const change of changes) {
      if (change.t !== table) continue
      const before = changed.get(change.k) ?? rows.get(table)?.get(change.k) ?? null
      const after = merge(before, change)
      if (after !== before) changed.set(change.k, after)
    }
    writeEntities(driver, table, changed)
    for (const key of changed.keys()) touched.push({ table, key })
  }
  return touched
}
