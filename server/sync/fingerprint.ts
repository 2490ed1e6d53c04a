import { sql } from 'kysely'
import { fail } from '~/shared/errors'
import { fingerprintBuckets, fingerprintModulus } from '~/shared/sync/fingerprint'
import { tableNames } from '~/shared/sync/tables'
import type { Trx } from '../sql/schema'
import { readSpace } from './space-writer'

export interface Fingerprint { head: number, tables: Record<string, { rows: number, sums: number[] }> }

/** Sums of the hashes of a space's live rows, per table and range. The hashes are kept with the rows, so this reads no content. */
export async function readFingerprint(trx: Trx, spaceId: string): Promise<Fingerprint> {
  const space = await readSpace(trx, spaceId)
  if (!space) fail('not_found', 'there is no such space')
  const rows = await trx.selectFrom('entity')
    .select((eb) => ['table', 'bucket', eb.fn.countAll<number>().as('rows'), sql<number>`sum(hash) % ${sql.lit(fingerprintModulus)}`.as('sum')])
    .where('space', '=', spaceId).where('deleted_at', 'is', null).groupBy(['table', 'bucket']).execute()
  const tables: Fingerprint['tables'] = Object.fromEntries(tableNames.map((name) => [name, { rows: 0, sums: new Array<number>(fingerprintBuckets).fill(0) }]))
  for (const row of rows) {
    const table = tables[row.table]
    if (!table) continue
    table.rows += row.rows
    table.sums[row.bucket] = row.sum
  }
  return { head: space.head, tables }
}
