import { fail } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { schemaVersion } from '~/shared/protocol/version'
import type { Clock } from '~/shared/sync/clock'
import type { Trx } from '../sql/schema'
import { loggedChangeText, readDevice, readSpace } from './space-writer'

/** A page of the log, its changes as the texts of their JSON; or that the device starts over from an image. */
export type PullOutcome =
  | { kind: 'page', from: number, to: number, changes: string[], more: boolean, head: number, upto: number, uptoClock: Clock | null }
  | { kind: 'reset', seq: number, schema: number }

/** What follows `cursor`: at most `limit` changes and 512 KiB, at least one if there is any. */
export async function readPage(trx: Trx, spaceId: string, device: string, cursor: number, limit: number): Promise<PullOutcome> {
  const space = await readSpace(trx, spaceId)
  if (!space) fail('not_found', 'there is no such space')
  if (cursor < space.floor || (cursor === 0 && space.head > limits.resetAbove)) return { kind: 'reset', seq: space.head, schema: schemaVersion }
  const { upto, uptoClock } = await readDevice(trx, spaceId, device)
  const to = await lastOnPage(trx, spaceId, cursor, limit)
  const rows = to === cursor
    ? []
    : await trx.selectFrom('change').select(['seq', 'device', 'n', 'table', 'pk', 'h', 'columns'])
        .where('space', '=', spaceId).where('seq', '>', cursor).where('seq', '<=', to).orderBy('seq').execute()
  const changes = rows.map((row) => loggedChangeText({ ...row, t: row.table, k: row.pk }, row.columns))
  return { kind: 'page', from: cursor + 1, to, changes, more: to < space.head, head: space.head, upto, uptoClock }
}

/** Sizes are read first: 2,000 long replies would otherwise be in memory at once. */
async function lastOnPage(trx: Trx, spaceId: string, cursor: number, limit: number): Promise<number> {
  const sizes = await trx.selectFrom('change').select(['seq', 'bytes'])
    .where('space', '=', spaceId).where('seq', '>', cursor).orderBy('seq').limit(Math.min(limit, limits.pageChanges)).execute()
  let to = cursor
  let bytes = 0
  for (const row of sizes) {
    bytes += row.bytes + 1
    if (bytes > limits.pageBytes && to > cursor) break
    to = row.seq
  }
  return to
}
