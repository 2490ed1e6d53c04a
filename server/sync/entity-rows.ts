import { setImmediate } from 'node:timers/promises'
import { tableNames, type TableName } from '~/shared/sync/tables'
import type { Database } from '../sql/schema'

export interface EntityRow { table: TableName, pk: string, h: string, hx: string, columns: string }

const rowsAtOnce = 500

/**
 * A space's merged rows in batches, letting other work run in between. What is stored meanwhile may be in a batch or not: whoever replays
 * the log from the head that stood before the first batch arrives at the same state, since merging again changes nothing (I3, I8).
 */
export async function* readEntityRows(database: Database, spaceId: string): AsyncGenerator<EntityRow[]> {
  for (const table of tableNames) {
    for (let last = ''; ;) {
      const rows = await database.selectFrom('entity').select(['pk', 'h', 'hx', 'columns'])
        .where('space', '=', spaceId).where('table', '=', table).where('pk', '>', last).orderBy('pk').limit(rowsAtOnce).execute()
      const end = rows.at(-1)
      if (!end) break
      last = end.pk
      yield rows.map((row) => ({ table, ...row }))
      await setImmediate()
    }
  }
}
