import { setImmediate } from 'node:timers/promises'
import { sql, type Insertable, type Selectable, type Updateable } from 'kysely'
import type { Database } from '../sql/schema'
import type { ShareItemTable, ShareTable } from './tables'

export type ShareRow = Selectable<ShareTable>
export type ItemEntry = Pick<Selectable<ShareItemTable>, 'key' | 'type' | 'bytes'>
export type StoredItem = Pick<Selectable<ShareItemTable>, 'key' | 'type' | 'data'>

/** A share that exists and has not expired. */
export async function findShare(database: Database, id: string, now: number): Promise<ShareRow | undefined> {
  const row = await database.selectFrom('share').selectAll().where('id', '=', id).executeTakeFirst()
  return row && (row.expires_at === null || row.expires_at > now) ? row : undefined
}

export async function insertShare(database: Database, share: Insertable<ShareTable>): Promise<void> {
  await database.insertInto('share').values(share).execute()
}

export async function updateShare(database: Database, id: string, patch: Updateable<ShareTable>): Promise<void> {
  await database.updateTable('share').set(patch).where('id', '=', id).execute()
}

/** The share and everything in it. False if it was gone already. */
export async function deleteShare(database: Database, id: string): Promise<boolean> {
  await database.deleteFrom('share_item').where('share', '=', id).execute()
  const { numDeletedRows } = await database.deleteFrom('share').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

const compareKeys = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/** All items at once, for what is small or has to be one with a transaction. */
export const readItems = (database: Database, share: string): Promise<StoredItem[]> =>
  database.selectFrom('share_item').select(['key', 'type', 'data']).where('share', '=', share).execute()

/** What a share holds, without the items' data, in the order of their keys, compared by code unit on every database. */
export async function listItems(database: Database, share: string): Promise<ItemEntry[]> {
  const rows = await database.selectFrom('share_item').select(['key', 'type', 'bytes']).where('share', '=', share).execute()
  return rows.sort(compareKeys)
}

const batchBytes = 512 * 1024
const batchItems = 200

/** The items of a list in its order, in batches that let other work run in between. One that is deleted meanwhile is left out. */
export async function* readBatches(database: Database, share: string, list: readonly ItemEntry[]): AsyncGenerator<StoredItem[]> {
  for (let from = 0, until = 0; from < list.length; from = until) {
    let bytes = 0
    while (until < list.length && (until === from || (bytes < batchBytes && until - from < batchItems))) bytes += Number(list[until++]!.bytes)
    const keys = list.slice(from, until).map(({ key }) => key)
    const rows = await database.selectFrom('share_item').select(['key', 'type', 'data']).where('share', '=', share).where('key', 'in', keys).execute()
    yield rows.sort(compareKeys)
    await setImmediate()
  }
}

/** Writes items over those of the same key, and says what the share then holds. */
export async function writeItems(database: Database, share: string, items: Iterable<StoredItem>): Promise<{ items: number, bytes: number }> {
  const rows = Array.from(items, (item) => ({ share, ...item, bytes: Buffer.byteLength(item.data) }))
  for (let start = 0; start < rows.length; start += 500) {
    await database.insertInto('share_item').values(rows.slice(start, start + 500))
      .onConflict((conflict) => conflict.columns(['share', 'key']).doUpdateSet((row) => ({
        type: row.ref('excluded.type'), data: row.ref('excluded.data'), bytes: row.ref('excluded.bytes'),
      })))
      .execute()
  }
  return measureItems(database, share)
}

export async function deleteItems(database: Database, share: string, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 500) {
    await database.deleteFrom('share_item').where('share', '=', share).where('key', 'in', keys.slice(start, start + 500)).execute()
  }
}

async function measureItems(database: Database, share: string): Promise<{ items: number, bytes: number }> {
  const row = await database.selectFrom('share_item').where('share', '=', share)
    .select([sql<number>`count(*)`.as('items'), sql<number>`coalesce(sum(bytes), 0)`.as('bytes')])
    .executeTakeFirstOrThrow()
  return { items: Number(row.items), bytes: Number(row.bytes) }
}

/** Shares of a space, or of those who created without a key: how many, and their bytes. */
export async function measureShares(database: Database, space: string | null): Promise<{ shares: number, bytes: number }> {
  const row = await database.selectFrom('share').where('space', space === null ? 'is' : '=', space)
    .select([sql<number>`count(*)`.as('shares'), sql<number>`coalesce(sum(bytes), 0)`.as('bytes')])
    .executeTakeFirstOrThrow()
  return { shares: Number(row.shares), bytes: Number(row.bytes) }
}
