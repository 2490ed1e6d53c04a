import { sql } from 'kysely'
import { fail } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { schemaVersion } from '~/shared/protocol/version'
import type { Clock } from '~/shared/sync/clock'
import type { Dialect, Trx } from '../sql/schema'
import { keyId, readAsideIds, type UnreadableKey } from './aside'
import type { ChangeTable } from './schema'
import { loggedChangeText, readDevice, readSpace, standInText } from './space-writer'
import { isReadableJson } from './stored-row'

/** A page of the log, its changes as the texts of their JSON; or that the device starts over from an image. */
export type PullOutcome =
  | {
    kind: 'page', from: number, to: number, changes: string[], more: boolean, head: number, upto: number, uptoClock: Clock | null
    /** Keys of which the log holds what cannot be read: to be set aside. */
    unreadable: UnreadableKey[]
  }
  | { kind: 'reset', seq: number, schema: number }

/** What follows `cursor`: at most `limit` changes and 512 KiB, at least one if there is any. */
export async function readPage(
  trx: Trx, dialect: Dialect, { spaceId, device, cursor, limit }: { spaceId: string, device: string, cursor: number, limit: number },
): Promise<PullOutcome> {
  const space = await readSpace(trx, spaceId)
  if (!space) fail('not_found', 'there is no such space')
  if (cursor < space.floor || (cursor === 0 && space.head > limits.resetAbove)) return { kind: 'reset', seq: space.head, schema: schemaVersion }
  const { upto, uptoClock } = await readDevice(trx, spaceId, device)
  const to = await lastOnPage(trx, spaceId, cursor, limit)
  const rows = to === cursor ? [] : await readRows(trx, dialect, { spaceId, cursor, to })
  const aside = rows.length > 0 ? await readAsideIds(trx, spaceId) : new Set<string>()
  const unreadable: UnreadableKey[] = []
  const changes = rows.map(({ readable, ...row }) => {
    if (aside.has(keyId(row.table, row.pk)) || row.columns === '{}') return standInText(row, device)
    if (readable !== 0 && isWellFormed(row)) return loggedChangeText({ ...row, t: row.table, k: row.pk }, row.columns)
    unreadable.push({ table: row.table, pk: row.pk, reason: 'a change of it cannot be read' })
    return standInText(row, device)
  })
  return { kind: 'page', from: cursor + 1, to, changes, more: to < space.head, head: space.head, upto, uptoClock, unreadable }
}

type LoggedRow = Pick<ChangeTable, 'seq' | 'device' | 'n' | 'table' | 'pk' | 'h' | 'columns'>

/**
 * The log's rows, and of each whether its columns are JSON. The texts go out as they are: one that is none would make the whole page
 * unreadable. SQLite looks through them where they lie, which costs a tenth of parsing them here.
 */
async function readRows(
  trx: Trx, dialect: Dialect, { spaceId, cursor, to }: { spaceId: string, cursor: number, to: number },
): Promise<(LoggedRow & { readable: number })[]> {
  const select = trx.selectFrom('change').select(['seq', 'device', 'n', 'table', 'pk', 'h', 'columns'])
    .where('space', '=', spaceId).where('seq', '>', cursor).where('seq', '<=', to).orderBy('seq')
  if (dialect === 'sqlite') return select.select(sql<number>`json_valid(columns)`.as('readable')).execute()
  return (await select.execute()).map((row) => ({ ...row, readable: isReadableJson(row.columns) ? 1 : 0 }))
}

const plain = /^[\w:.-]{1,64}$/

/** Whether the rest of a stored change is what the wire takes: it goes into the page's text unescaped. */
const isWellFormed = ({ device, n, table, pk, h, columns }: LoggedRow): boolean =>
  typeof columns === 'string' && columns.startsWith('{') && Number.isSafeInteger(n) && n > 0 && plain.test(table) && plain.test(h)
  && plain.test(device) && typeof pk === 'string' && pk.length > 0 && pk.length <= 512

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
