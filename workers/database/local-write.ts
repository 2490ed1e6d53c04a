import { boundColumns } from '~/shared/domain/bounds'
import { cleanText, type JsonValue } from '~/shared/domain/text'
import { HoldfastException } from '~/shared/errors'
import { checkChange, type Change } from '~/shared/sync/change'
import { mergeChange, type Entity } from '~/shared/sync/merge'
import { tableNames, type TableName } from '~/shared/sync/tables'
import { readEntities, writeEntities } from './entities'
import { writeMeta } from './meta'
import type { LocalDatabase, Touched } from './open'
import { appendOutbox, nextNumber } from './outbox'

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

/** Merges changes into their rows, inside the caller's transaction; returns the rows that really changed. */
export function mergeInto(db: Pick<LocalDatabase, 'driver'>, changes: readonly Pick<Change, 't' | 'k' | 'h' | 'c'>[], merge = mergeChange): Touched['rows'] {
  const touched: Touched['rows'] = []
  for (const table of tableNames) {
    const ofTable = changes.filter((change) => change.t === table)
    if (ofTable.length === 0) continue
    const rows = readEntities(db.driver, table, new Set(ofTable.map((change) => change.k)))
    const changed = new Map<string, Entity>()
    for (const change of ofTable) {
      const before = rows.get(change.k) ?? null
      const after = merge(before, change)
      if (after === before) continue
      rows.set(change.k, after)
      changed.set(change.k, after)
    }
    writeEntities(db.driver, table, changed)
    for (const key of changed.keys()) touched.push({ table, key })
  }
  return touched
}
