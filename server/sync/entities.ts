import type { JsonValue } from '~/shared/domain/text'
import type { LoggedChange } from '~/shared/sync/change'
import { clockTime, type Clock } from '~/shared/sync/clock'
import { bucketOfKey, hashEntity } from '~/shared/sync/fingerprint'
import { mergeChange, slotClock, type Entity } from '~/shared/sync/merge'
import type { TableName } from '~/shared/sync/tables'
import { prepareQuery } from '../sql/prepared-query'
import type { Database, Trx } from '../sql/schema'
import type { EntityTable } from './schema'

/** A row of `entity` as the merge reads it. */
export const rowToEntity = (row: { columns: string, h: string, hx: string }): Entity => ({
  columns: JSON.parse(row.columns) as Record<string, JsonValue>, h: row.h as Clock, hx: JSON.parse(row.hx) as Record<string, Clock>,
})

/** Merges changes, in their order, into the rows they touch: each row is read and written once. */
export async function mergeIntoEntities(trx: Trx, spaceId: string, changes: readonly LoggedChange[]): Promise<void> {
  const keysByTable = new Map<TableName, Set<string>>()
  for (const { t, k } of changes) keysByTable.set(t, (keysByTable.get(t) ?? new Set()).add(k))
  for (const [table, keys] of keysByTable) {
    const entities = await readEntities(trx, spaceId, table, [...keys])
    const touched = new Map<string, { entity: Entity, seq: number }>()
    for (const change of changes) {
      if (change.t !== table) continue
      const before = entities.get(change.k) ?? null
      const after = mergeChange(before, change)
      if (after === before) continue
      entities.set(change.k, after)
      touched.set(change.k, { entity: after, seq: change.seq })
    }
    const rows = [...touched].map(([key, { entity, seq }]) => entityRow(spaceId, table, key, entity, seq))
    if (rows.length > 0) await writeEntityRows(trx, rows)
  }
}

const selectEntity = prepareQuery<Pick<EntityTable, 'space' | 'table' | 'pk'>, Pick<EntityTable, 'pk' | 'columns' | 'h' | 'hx'>>((source, value) =>
  source.selectFrom('entity').select(['pk', 'columns', 'h', 'hx']).where('space', '=', value('space')).where('table', '=', value('table')).where('pk', '=', value('pk')))

export async function readEntities(trx: Trx, spaceId: string, table: TableName, keys: readonly string[]): Promise<Map<string, Entity>> {
  const [only] = keys
  const rows = only !== undefined && keys.length === 1 ? await selectEntity(trx, { space: spaceId, table, pk: only }) : await trx.selectFrom('entity').select(['pk', 'columns', 'h', 'hx'])
    .where('space', '=', spaceId).where('table', '=', table).where('pk', 'in', keys).execute()
  return new Map(rows.map((row) => [row.pk, rowToEntity(row)]))
}

function entityRow(space: string, table: TableName, pk: string, entity: Entity, seq: number): EntityTable {
  return {
    space, table, pk, seq, bucket: bucketOfKey(pk), hash: hashEntity(table, pk, entity),
    deleted_at: entity.columns.deleted === 1 ? clockTime(slotClock(entity, 'deleted')) : null,
    h: entity.h, hx: JSON.stringify(entity.hx), columns: JSON.stringify(entity.columns),
  }
}

async function writeEntityRows(trx: Trx, rows: EntityTable[]): Promise<void> {
  const [only] = rows
  if (only && rows.length === 1) await upsertEntity(trx, only)
  else await upsertRows(trx, rows).execute()
}

const upsertRows = (source: Database | Trx, rows: EntityTable[]) => source.insertInto('entity').values(rows)
  .onConflict((conflict) => conflict.columns(['space', 'table', 'pk']).doUpdateSet((eb) => ({
    seq: eb.ref('excluded.seq'), bucket: eb.ref('excluded.bucket'), hash: eb.ref('excluded.hash'), deleted_at: eb.ref('excluded.deleted_at'),
    h: eb.ref('excluded.h'), hx: eb.ref('excluded.hx'), columns: eb.ref('excluded.columns'),
  })))

const upsertEntity = prepareQuery<EntityTable, unknown>((source, value) => upsertRows(source, [{
  space: value('space'), table: value('table'), pk: value('pk'), seq: value('seq'), bucket: value('bucket'), hash: value('hash'), deleted_at: value('deleted_at'),
  h: value('h'), hx: value('hx'), columns: value('columns'),
}]))
