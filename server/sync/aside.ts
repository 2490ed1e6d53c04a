import { sql } from 'kysely'
import { asideNamed, type AsideKey } from '~/shared/protocol/aside'
import type { TableName } from '~/shared/sync/tables'
import { prepareQuery } from '../sql/prepared-query'
import type { Trx } from '../sql/schema'
import type { AsideChangeTable, AsideTable } from './schema'

/**
 * The belt: a key whose stored row or logged change cannot be read is moved out of `entity` with all its changes, whole and in order, so that
 * nothing else of the space stops for it. What is pushed to it later waits behind them. It knows nothing of how a row is rebuilt (`rebuild-row.ts`).
 */
export type StoredKey = Pick<AsideTable, 'space' | 'table' | 'pk'>
export interface UnreadableKey { table: string, pk: string, reason: string }

export const keyId = (table: string, pk: string): string => `${table} ${pk}`

const selectAside = prepareQuery<{ space: string }, Pick<AsideTable, 'table' | 'pk'>>((source, value) =>
  source.selectFrom('aside').select(['table', 'pk']).where('space', '=', value('space')))

/** The keys of a space that are aside, each as `keyId`. */
export async function readAsideIds(trx: Trx, space: string): Promise<Set<string>> {
  return new Set((await selectAside(trx, { space })).map(({ table, pk }) => keyId(table, pk)))
}

/** Names the keys aside, the oldest first, for an answer. */
export async function listAside(trx: Pick<Trx, 'selectFrom'>, space: string): Promise<AsideKey[]> {
  const rows = await trx.selectFrom('aside').select(['table', 'pk', 'reason']).where('space', '=', space)
    .orderBy('at').orderBy('table').orderBy('pk').limit(asideNamed).execute()
  return rows.map(({ table, pk, reason }) => ({ t: table, k: pk, reason }))
}

/**
 * Moves a key aside: its row, and its changes up to `before`, as they stand. They are copied by the database and never read, so nothing of
 * them is lost whatever they hold.
 */
export async function setAside(trx: Trx, key: StoredKey, why: { reason: string, at: number, before?: number }): Promise<void> {
  const { space, table, pk } = key
  const moved = await trx.insertInto('aside').columns(['space', 'table', 'pk', 'at', 'hash', 'reason', 'h', 'hx', 'columns'])
    .expression((eb) => eb.selectFrom('entity')
      .select(['space', 'table', 'pk', sql<number>`cast(${why.at} as bigint)`.as('at'), 'hash', sql<string>`cast(${why.reason} as text)`.as('reason'), 'h', 'hx', 'columns'])
      .where('space', '=', space).where('table', '=', table).where('pk', '=', pk))
    .onConflict((conflict) => conflict.doNothing()).executeTakeFirst()
  const hadRow = (moved.numInsertedOrUpdatedRows ?? 0n) > 0n
  if (!hadRow) {
    await trx.insertInto('aside').values({ ...key, at: why.at, reason: why.reason, hash: null, h: null, hx: null, columns: null })
      .onConflict((conflict) => conflict.doNothing()).execute()
  }
  await trx.insertInto('aside_change').columns(['space', 'table', 'pk', 'seq', 'device', 'n', 'merged', 'h', 'columns'])
    .expression((eb) => eb.selectFrom('change').select(['space', 'table', 'pk', 'seq', 'device', 'n', sql<number>`${sql.lit(hadRow ? 1 : 0)}`.as('merged'), 'h', 'columns'])
      .where('space', '=', space).where('table', '=', table).where('pk', '=', pk).where('seq', '<', why.before ?? Number.MAX_SAFE_INTEGER))
    .onConflict((conflict) => conflict.doNothing()).execute()
  await trx.deleteFrom('entity').where('space', '=', space).where('table', '=', table).where('pk', '=', pk).execute()
}

/** Puts changes behind what is aside of their keys. */
export async function appendAside(trx: Trx, changes: readonly (Omit<AsideChangeTable, 'merged' | 'table'> & { table: TableName })[]): Promise<void> {
  if (changes.length > 0) await trx.insertInto('aside_change').values(changes.map((change) => ({ ...change, merged: 0 }))).execute()
}

/** All changes of a key aside, in order. */
export const readAsideChanges = (trx: Trx, { space, table, pk }: StoredKey): Promise<AsideChangeTable[]> =>
  trx.selectFrom('aside_change').selectAll().where('space', '=', space).where('table', '=', table).where('pk', '=', pk).orderBy('seq').execute()
