import type { Change } from '~/shared/sync/change'
import { entityToChanges } from '~/shared/sync/merge'
import type { Trx } from '../sql/schema'
import { readAsideChanges } from './aside'
import { rebuildRow } from './rebuild-row'
import { readDevice, storeChanges, writeDevice, type SpaceState, type StoredChange } from './space-writer'
import { isReadableJson } from './stored-row'

/**
 * Tries each key aside of a space again. One that can be had again goes back, and stands in the log once more under its old clocks: devices are
 * past the place where its changes were left out. Answers those changes, to be announced, and how many keys came back.
 */
export async function returnRows(trx: Trx, space: SpaceState, now: number): Promise<{ returned: number, logged: StoredChange[] }> {
  const logged: StoredChange[] = []
  let returned = 0
  for (const { table, pk } of await trx.selectFrom('aside').select(['table', 'pk']).where('space', '=', space.id).execute()) {
    const aside = await trx.selectFrom('aside').selectAll().where('space', '=', space.id).where('table', '=', table).where('pk', '=', pk).executeTakeFirstOrThrow()
    const kept = await readAsideChanges(trx, aside)
    const row = rebuildRow(aside, kept)
    if (!row) continue
    const ofKey = { space: space.id, table: aside.table, pk: aside.pk }
    for (const table of ['aside', 'aside_change', 'entity'] as const) {
      await trx.deleteFrom(table).where('space', '=', ofKey.space).where('table', '=', ofKey.table).where('pk', '=', ofKey.pk).execute()
    }
    // What the log still holds of it must not be found unreadable once more; the row has it all.
    for (const { seq, columns } of kept) {
      await trx.updateTable('change').set({ columns: isReadableJson(columns) ? columns : '{}' })
        .where('space', '=', space.id).where('seq', '=', seq).execute()
    }
    const server = await readDevice(trx, space.id, 'server')
    const again = entityToChanges(row.table, aside.pk, row.entity).map((change): Change => ({ ...change, n: ++server.upto }))
    logged.push(...await storeChanges(trx, space, 'server', again, now))
    await writeDevice(trx, space.id, 'server', server)
    returned++
  }
  return { returned, logged }
}
