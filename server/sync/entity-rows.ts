import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import type { JsonValue } from '~/shared/domain/text'
import { tableNames, type TableName } from '~/shared/sync/tables'
import type { Database } from '../sql/schema'
import type { UnreadableKey } from './aside'
import { tryRow } from './entities'

/** A merged row as it is stored, and its columns read. */
export interface EntityRow { table: TableName, pk: string, h: string, hx: string, columns: string, values: Record<string, JsonValue> }

/** What is in memory at once for each reader, however slowly it reads: so many rows, or bytes, and at least one row. */
const rowsAtOnce = 500
const bytesAtOnce = 256 * 1024

/**
 * A space's merged rows in batches, letting other work run in between; those that cannot be read are handed to `setAside` instead. What is
 * stored meanwhile may be in a batch or not: whoever replays the log from the head that stood before the first batch arrives at the same
 * state, since merging again changes nothing (I3, I8).
 */
export async function* readEntityRows(
  database: Database, spaceId: string, setAside: (keys: UnreadableKey[]) => Promise<void>,
): AsyncGenerator<EntityRow[]> {
  for (const table of tableNames) {
    for (let last = ''; ;) {
      const after = database.selectFrom('entity').where('space', '=', spaceId).where('table', '=', table).where('pk', '>', last).orderBy('pk')
      const end = endOfBatch(await after.select(['pk', sql<number>`octet_length(columns)`.as('bytes')]).limit(rowsAtOnce).execute())
      if (end === null) break
      const rows = await after.select(['pk', 'h', 'hx', 'columns']).where('pk', '<=', end).execute()
      last = end
      const good: EntityRow[] = []
      const bad: UnreadableKey[] = []
      for (const row of rows) {
        const read = tryRow({ table, ...row })
        if ('reason' in read) bad.push({ table, pk: row.pk, reason: read.reason })
        else good.push({ table, ...row, values: read.entity.columns })
      }
      if (bad.length > 0) await setAside(bad)
      yield good
      await setImmediate()
    }
  }
}

/** The key of the last row that still fits; null when there is none. */
function endOfBatch(rows: readonly { pk: string, bytes: number | null }[]): string | null {
  let bytes = 0
  const over = rows.findIndex((row) => (bytes += Number(row.bytes)) > bytesAtOnce)
  return (over < 0 ? rows.at(-1) : rows[Math.max(0, over - 1)])?.pk ?? null
}
