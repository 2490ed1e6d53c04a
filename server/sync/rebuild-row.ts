import { boundColumns } from '~/shared/domain/bounds'
import { isClock } from '~/shared/sync/clock'
import { hashEntity } from '~/shared/sync/fingerprint'
import { mergeChange, type Entity } from '~/shared/sync/merge'
import { isTableName, type TableName } from '~/shared/sync/tables'
import { UnreadableRow } from '~/shared/sync/unreadable'
import type { AsideChangeTable, AsideTable } from './schema'
import { readColumns, rowToEntity } from './stored-row'

export interface RebuiltRow { table: TableName, entity: Entity }

/**
 * The row of a key aside, if it can be had again: from its own text with the changes that waited behind it, or, should that text still be
 * unreadable, from all its changes, provided they give exactly what was stored (its hash says so: the log may have lost its beginning).
 * Null as long as neither is possible. A change that a readable row holds already need not be readable.
 */
export function rebuildRow(aside: AsideTable, changes: readonly AsideChangeTable[]): RebuiltRow | null {
  const { table, pk, columns, h, hx, hash } = aside
  // Written by a newer build that is gone again: this one cannot say what the row means.
  if (!isTableName(table)) return null
  const fold = (from: Entity | null, part: readonly AsideChangeTable[]) =>
    part.reduce<Entity | null>((entity, change) => mergeChange(entity, readChange(table, change)), from)
  const before = changes.filter(({ merged }) => merged === 1)
  const later = changes.filter(({ merged }) => merged !== 1)
  const held = columns === null ? null : orNull(() => rowToEntity({ table, columns, h: h ?? '', hx: hx ?? '' }))
  const entity = orNull(() => {
    if (held) return fold({ ...held, columns: boundColumns(held.columns) }, later)
    const folded = fold(null, before)
    const isWhole = columns === null || (folded !== null && hashEntity(table, pk, folded) === hash)
    return isWhole ? fold(folded, later) : null
  })
  return entity && { table, entity }
}

function readChange(table: TableName, { h, columns }: AsideChangeTable) {
  if (!isClock(h)) throw new UnreadableRow('its clock is malformed')
  return { t: table, h, c: boundColumns(readColumns(table, columns)) }
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnreadableRow) return null
    throw error
  }
}
