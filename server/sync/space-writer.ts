import { byteLength, type Change, type LoggedChange } from '~/shared/sync/change'
import { maxClock, type Clock } from '~/shared/sync/clock'
import type { TableName } from '~/shared/sync/tables'
import type { SpaceTable } from '../spaces/schema'
import { prepareQuery } from '../sql/prepared-query'
import type { Trx } from '../sql/schema'
import { keyId } from './aside'
import { mergeIntoEntities } from './entities'
import type { ChangeTable, DeviceTable } from './schema'

/** What a writer works with: the space's row as it stands inside the transaction, and the bytes of the log's entries that it has added there. */
export interface SpaceState { id: string, epoch: string, head: number, floor: number, clock: Clock, added: number }
export interface DeviceState { upto: number, uptoClock: Clock | null }
/** A change in the log. `aside`: its key is kept aside, so it is merged nowhere and handed to nobody. */
export interface StoredChange extends LoggedChange { aside?: true }

const selectSpace = prepareQuery<{ id: string }, SpaceTable>((source, value) => source.selectFrom('space').selectAll().where('id', '=', value('id')))
const lockSpace = prepareQuery<{ id: string }, SpaceTable>((source, value) => source.selectFrom('space').selectAll().where('id', '=', value('id')).forUpdate())

/** The space's row; undefined if there is no such space. `locked` keeps other writers of the space out until the transaction ends. */
export async function readSpace(trx: Trx, spaceId: string, locked?: 'locked'): Promise<SpaceState | undefined> {
  const [row] = await (locked ? lockSpace : selectSpace)(trx, { id: spaceId })
  return row && { id: row.id, epoch: row.epoch, head: row.head, floor: row.floor, clock: row.clock as Clock, added: 0 }
}

const selectDevice = prepareQuery<{ space: string, device: string }, Pick<DeviceTable, 'upto' | 'upto_clock'>>((source, value) =>
  source.selectFrom('device').select(['upto', 'upto_clock']).where('space', '=', value('space')).where('device', '=', value('device')))

export async function readDevice(trx: Trx, spaceId: string, device: string): Promise<DeviceState> {
  const [row] = await selectDevice(trx, { space: spaceId, device })
  return row ? { upto: row.upto, uptoClock: row.upto_clock as Clock | null } : { upto: 0, uptoClock: null }
}

const upsertDevice = prepareQuery<DeviceTable, unknown>((source, value) =>
  source.insertInto('device').values({ space: value('space'), device: value('device'), upto: value('upto'), upto_clock: value('upto_clock') })
    .onConflict((conflict) => conflict.columns(['space', 'device']).doUpdateSet((eb) => ({ upto: eb.ref('excluded.upto'), upto_clock: eb.ref('excluded.upto_clock') }))))

export async function writeDevice(trx: Trx, spaceId: string, device: string, state: DeviceState): Promise<void> {
  await upsertDevice(trx, { space: spaceId, device, upto: state.upto, upto_clock: state.uptoClock })
}

/** A stored change as the text that pages and live messages carry; its columns are never parsed again. */
export function loggedChangeText(row: { n: number, t: string, k: string, h: string, seq: number, device: string }, columns: string): string {
  return `{"n":${row.n},"t":"${row.t}","k":${JSON.stringify(row.k)},"h":"${row.h}","c":${columns},"seq":${row.seq},"device":"${row.device}"}`
}

/**
 * What stands in the place of a change that is kept aside: number, clock and writer as they are, so that the log has no hole and a place in it
 * is known again, and a table that no build has. To its own writer it stays an acknowledgement, of the row and without a column.
 */
export function standInText({ seq, device, n, table, pk, h }: Pick<ChangeTable, 'seq' | 'device' | 'n' | 'table' | 'pk' | 'h'>, reader?: string): string {
  const text = (value: unknown, most: number) => (typeof value === 'string' && value.length <= most ? value : '')
  const isOwn = device === reader
  return JSON.stringify({
    n: Number.isSafeInteger(n) && n > 0 ? n : 1, t: isOwn ? text(table, 64) : 'aside', k: text(pk, 512) || '-', h: text(h, 64), c: {}, seq, device: text(device, 64),
  })
}

const insertChange = prepareQuery<ChangeTable, unknown>((source, value) => source.insertInto('change').values({
  space: value('space'), seq: value('seq'), device: value('device'), n: value('n'), table: value('table'), pk: value('pk'), h: value('h'),
  bytes: value('bytes'), at: value('at'), columns: value('columns'),
}))
const updateSpace = prepareQuery<Pick<SpaceTable, 'id' | 'head' | 'clock'>, unknown>((source, value) =>
  source.updateTable('space').set({ head: value('head'), clock: value('clock') }).where('id', '=', value('id')))

/** Puts the space's clock to `clock` where it stands below. Inside the caller's transaction. */
export async function raiseClock(trx: Trx, space: SpaceState, clock: Clock): Promise<void> {
  if (clock <= space.clock) return
  space.clock = clock
  await updateSpace(trx, space)
}

/** Numbers, logs and merges checked changes, and raises the space's head and clock. All inside the caller's transaction. */
export async function storeChanges(trx: Trx, space: SpaceState, device: string, changes: readonly Change[], at: number): Promise<StoredChange[]> {
  if (changes.length === 0) return []
  let { head, clock } = space
  const logged = changes.map((change): StoredChange => ({ ...change, seq: ++head, device }))
  const rows = logged.map(({ n, t, k, h, c, seq }) => {
    clock = maxClock(clock, h)
    const columns = JSON.stringify(c)
    const bytes = byteLength(loggedChangeText({ n, t, k, h, seq, device }, columns))
    return { space: space.id, seq, device, n, table: t as TableName, pk: k, h, bytes, at, columns }
  })
  const [only] = rows
  if (only && rows.length === 1) await insertChange(trx, only)
  else await trx.insertInto('change').values(rows).execute()
  const aside = await mergeIntoEntities(trx, space.id, logged, at)
  if (aside.size > 0) for (const change of logged) if (aside.has(keyId(change.t, change.k))) change.aside = true
  await updateSpace(trx, { id: space.id, head, clock })
  space.head = head
  space.added += rows.reduce((sum, { bytes }) => sum + bytes, 0)
  space.clock = clock
  return logged
}
