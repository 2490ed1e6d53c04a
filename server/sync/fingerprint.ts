import { sql } from 'kysely'
import { fail } from '~/shared/errors'
import type { AsideKey } from '~/shared/protocol/aside'
import { fingerprintBuckets, fingerprintModulus } from '~/shared/sync/fingerprint'
import { tableNames } from '~/shared/sync/tables'
import type { Trx } from '../sql/schema'
import { listAside } from './aside'
import { readSpace } from './space-writer'

export interface Fingerprint { head: number, tables: Record<string, { rows: number, sums: number[] }>, aside?: AsideKey[] }
/** Table and key of a row that the replica itself keeps aside. */
export type LeftOut = readonly [table: string, key: string]

/**
 * Sums of the hashes of a space's live rows, per table and range. The hashes are kept with the rows, so this reads no content. Keys aside are
 * not in it, and are named; the rows `without` are taken off.
 */
export async function readFingerprint(trx: Trx, spaceId: string, without: readonly LeftOut[] = []): Promise<Fingerprint> {
  const space = await readSpace(trx, spaceId)
  if (!space) fail('not_found', 'there is no such space')
  const rows = await trx.selectFrom('entity')
    .select((eb) => ['table', 'bucket', eb.fn.countAll<number>().as('rows'), sql<number>`sum(hash) % ${sql.lit(fingerprintModulus)}`.as('sum')])
    .where('space', '=', spaceId).where('deleted_at', 'is', null).groupBy(['table', 'bucket']).execute()
  const tables: Fingerprint['tables'] = Object.fromEntries(tableNames.map((name) => [name, { rows: 0, sums: new Array<number>(fingerprintBuckets).fill(0) }]))
  const add = (name: string, bucket: number, rows: number, sum: number) => {
    const table = tables[name]
    if (!table || !(bucket in table.sums)) return
    table.rows += rows
    table.sums[bucket] = (table.sums[bucket]! + sum + fingerprintModulus) % fingerprintModulus
  }
  for (const row of rows) add(row.table, row.bucket, row.rows, row.sum)
  for (const [table, pk] of without) {
    const row = await trx.selectFrom('entity').select(['bucket', 'hash'])
      .where('space', '=', spaceId).where('table', '=', table).where('pk', '=', pk).where('deleted_at', 'is', null).executeTakeFirst()
    if (row) add(table, row.bucket, -1, -row.hash)
  }
  const aside = await listAside(trx, spaceId)
  return { head: space.head, tables, ...(aside.length > 0 ? { aside } : {}) }
}
