import type { LoggedChange } from '~/shared/sync/change'
import { clockTime } from '~/shared/sync/clock'
import { bucketOfKey, hashEntity } from '~/shared/sync/fingerprint'
import { mergeChange, slotClock, type Entity } from '~/shared/sync/merge'
import type { TableName } from '~/shared/sync/tables'
import { UnreadableRow } from '~/shared/sync/unreadable'
import { prepareQuery } from '../sql/prepared-query'
import type { Database, Trx } from '../sql/schema'
import { appendAside, keyId, readAsideIds, setAside, type UnreadableKey } from './aside'
import type { EntityTable } from './schema'
import { rowToEntity, type StoredRow } from './stored-row'

/**
 * Merges changes, in their order, into the rows they touch: each row is read and written once. Answers the keys that are aside, each as
 * `keyId`: their changes wait there. `at` is now.
 */
export async function mergeIntoEntities(trx: Trx, spaceId: string, changes: readonly LoggedChange[], at: number): Promise<ReadonlySet<string>> {
  const aside = await readAsideIds(trx, spaceId)
  const keysByTable = new Map<TableName, Set<string>>()
  for (const { t, k } of changes) if (!aside.has(keyId(t, k))) keysByTable.set(t, (keysByTable.get(t) ?? new Set()).add(k))
  for (const [table, keys] of keysByTable) {
    const { entities, unreadable } = await readEntities(trx, spaceId, table, [...keys])
    for (const { pk, reason } of unreadable) {
      await setAside(trx, { space: spaceId, table, pk }, { reason, at, before: changes[0]!.seq })
      aside.add(keyId(table, pk))
    }
    const touched = new Map<string, { entity: Entity, seq: number }>()
    for (const change of changes) {
      if (change.t !== table || aside.has(keyId(table, change.k))) continue
      const before = entities.get(change.k) ?? null
      const after = mergeChange(before, change)
      if (after === before) continue
      entities.set(change.k, after)
      touched.set(change.k, { entity: after, seq: change.seq })
    }
    const rows = [...touched].map(([key, { entity, seq }]) => entityRow(spaceId, table, key, entity, seq))
    if (rows.length > 0) await writeEntityRows(trx, rows)
  }
  if (aside.size > 0) {
    await appendAside(trx, changes.filter(({ t, k }) => aside.has(keyId(t, k)))
      .map(({ t, k, seq, device, n, h, c }) => ({ space: spaceId, table: t, pk: k, seq, device, n, h, columns: JSON.stringify(c) })))
  }
  return aside
}

const selectEntity = prepareQuery<Pick<EntityTable, 'space' | 'table' | 'pk'>, Pick<EntityTable, 'pk' | 'columns' | 'h' | 'hx'>>((source, value) =>
  source.selectFrom('entity').select(['pk', 'columns', 'h', 'hx']).where('space', '=', value('space')).where('table', '=', value('table')).where('pk', '=', value('pk')))

/** The merged rows of these keys, a key without a row being absent, and the keys whose rows cannot be read. */
export async function readEntities(trx: Trx, spaceId: string, table: TableName, keys: readonly string[]): Promise<{ entities: Map<string, Entity>, unreadable: UnreadableKey[] }> {
  const [only] = keys
  const rows = only !== undefined && keys.length === 1 ? await selectEntity(trx, { space: spaceId, table, pk: only }) : await trx.selectFrom('entity').select(['pk', 'columns', 'h', 'hx'])
    .where('space', '=', spaceId).where('table', '=', table).where('pk', 'in', keys).execute()
  const entities = new Map<string, Entity>()
  const unreadable: UnreadableKey[] = []
  for (const row of rows) {
    const read = tryRow({ table, ...row })
    if ('reason' in read) unreadable.push({ table, pk: row.pk, reason: read.reason })
    else entities.set(row.pk, read.entity)
  }
  return { entities, unreadable }
}

/** A stored row as a merged one, or why it cannot be read. */
export function tryRow(row: StoredRow): { entity: Entity } | { reason: string } {
  try {
    return { entity: rowToEntity(row) }
  } catch (error) {
    if (error instanceof UnreadableRow) return { reason: error.message }
    throw error
  }
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
