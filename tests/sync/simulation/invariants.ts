import { limits } from '~/shared/limits'
import { isTerminal } from '~/shared/domain/message'
import type { LoggedChange } from '~/shared/sync/change'
import { clockTime, clockWriter } from '~/shared/sync/clock'
import { canonicalJson, entityToText } from '~/shared/sync/fingerprint'
import { entityToChanges, mergeChange, slotClock, type Entity } from '~/shared/sync/merge'
import { cellColumns, cellSlot, tableNames, tables, type TableName } from '~/shared/sync/tables'
import type { SqlDriver, SqlRow } from '~/workers/database/driver'
import { rowToEntity } from '~/workers/database/entities'
import { readPosition } from '~/workers/database/meta'
import type { LocalDatabase } from '~/workers/database/open'
import { countOutbox, nextNumber } from '~/workers/database/outbox'
import { placesOf } from '~/workers/database/thread-places'
import type { Device } from './device'
import type { SimulatedSpace } from './server'

/** Every row of a replica as text, to compare it with another. */
export function rowsToText(db: LocalDatabase): string[] {
  return tableNames.flatMap((table) => db.driver.all<SqlRow>(`select * from ${table}`).map((row) => entityToText(table, String(row[tables[table].key]), rowToEntity(table, row)))).sort()
}

export function expectThat(condition: boolean, rule: string, what: () => string): asserts condition {
  if (!condition) throw new Error(`${rule}: ${what()}`)
}

/** I1, I4, I7: each replica equals the server, stands at its head and has nothing left to send. */
export async function checkConvergence(space: SimulatedSpace, devices: readonly Device[]): Promise<void> {
  const expected = (await space.entities()).map(({ table, key, entity }) => entityToText(table, key, entity)).sort()
  for (const { db, id, client } of devices) {
    const { head, upto } = await space.status(id)
    const position = readPosition(db.driver)
    const outgoing = countOutbox(db.driver).outgoing
    expectThat((outgoing === 0) === (upto === nextNumber(db.driver) - 1), 'I7', () => `${id}: ${outgoing} outgoing, upto ${upto}, next ${nextNumber(db.driver)}`)
    expectThat(outgoing === 0 && position.cursor === head, 'I4', () => `${id} stands at ${position.cursor} of ${head}, ${outgoing} outgoing, ${JSON.stringify(client.state())}`)
    const own = rowsToText(db)
    expectThat(own.join('\n\n') === expected.join('\n\n'), 'I1', () => `${id} differs:\n${difference(own, expected)}`)
    checkPlaces(db.driver, id)
  }
}

/** Each thread has the place in the lists that its rows say. */
function checkPlaces(driver: SqlDriver, id: string): void {
  const [kept, read] = ['select thread, list, at from thread_place order by thread', `${placesOf('true')} order by 1`]
    .map((sql) => driver.all(sql).map((row) => JSON.stringify(Object.values(row))).join('\n'))
  expectThat(kept === read, 'ST153', () => `${id} has the places\n${kept}\nand by its rows\n${read}`)
}

const difference = (own: string[], expected: string[]): string =>
  [...own.filter((text) => !expected.includes(text)).map((text) => `- ${text}`), ...expected.filter((text) => !own.includes(text)).map((text) => `+ ${text}`)].slice(0, 6).join('\n')

/** I2: what was written here is in the log once, but for what a file that went back in time never had. */
export function checkWritten(log: readonly LoggedChange[], written: readonly { token: string, device: Device, life: number }[], exactly: boolean): void {
  const counts = new Map<string, number>()
  for (const change of log) {
    for (const [token] of JSON.stringify(change.c).matchAll(/token-\d+/g)) counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  for (const { token, device, life } of written) {
    const count = counts.get(token) ?? 0
    const mayBeLost = device.rollbacks() > life
    expectThat(count >= 1 || mayBeLost, 'I2', () => `${token} of ${device.id} is not in the log`)
    // The title of a new thread names the message's token too.
    const limit = log.some((change) => change.c.title === `thread of ${token}`) ? 2 : 1
    expectThat(count <= limit || !exactly, 'I2', () => `${token} of ${device.id} is ${count} times in the log`)
  }
}

/** I4, I5, I11 on the log: no holes, no terminal answer undone, parents before children. */
export function checkLog(log: readonly LoggedChange[], { ordered, restored }: { ordered: boolean, restored: boolean }): Map<string, Entity> {
  const rows = new Map<string, Entity>()
  const firstSeen = new Map<string, number>()
  log.forEach((change, index) => {
    expectThat(change.seq === index + 1, 'I4', () => `number ${change.seq} stands at place ${index + 1}`)
    const key = `${change.t} ${change.k}`
    const before = rows.get(key) ?? null
    const after = mergeChange(before, change)
    if (change.t === 'message') {
      if (typeof change.c.parent === 'string' && ordered) {
        expectThat(firstSeen.has(`message ${change.c.parent}`), 'I11', () => `${change.k} came before its parent ${change.c.parent as string}`)
      }
      if (before) checkTerminal(change.k, before, after, restored)
    }
    if (!firstSeen.has(key)) firstSeen.set(key, index)
    rows.set(key, after)
  })
  return rows
}

function checkTerminal(key: string, before: Entity, after: Entity, restored: boolean): void {
  const status = (entity: Entity) => (typeof entity.columns.status === 'string' ? entity.columns.status : null)
  if (!isTerminal(status(before))) return
  const content = (entity: Entity) => canonicalJson(cellColumns.map((column) => entity.columns[column] ?? null))
  const byServer = clockWriter(slotClock(before, cellSlot)) === 'server'
  // A server that forgot the end of a run may end it again: of two ends of its own the earlier stands.
  const gaveWay = (!byServer || restored) && isTerminal(status(after))
  expectThat(content(before) === content(after) || gaveWay, 'I5', () => `${key} was ${content(before)} and became ${content(after)}`)
}

export interface HeldRow { table: TableName, key: string, entity: Entity, device: Device, life: number }

/** What a device holds at this moment. */
export function readHeld(device: Device): HeldRow[] {
  return tableNames.flatMap((table) => device.db.driver.all<SqlRow>(`select * from ${table}`).map((row) => ({
    table, key: String(row[tables[table].key]), entity: rowToEntity(table, row), device, life: device.rollbacks(),
  })))
}

/** I12: whatever a device held when the server was put back is not newer than what the server has in the end. A clock ahead may have been restamped. */
export function checkGivenBack(rows: ReadonlyMap<string, Entity>, held: readonly HeldRow[], restoredAt: number): void {
  for (const { table, key, entity, device, life } of held) {
    if (device.rollbacks() > life) continue
    const row = rows.get(`${table} ${key}`)
    for (const change of entityToChanges(table, key, entity)) {
      if (clockTime(change.h) > restoredAt + limits.clockAheadMs) continue
      expectThat(row !== undefined && mergeChange(row, change) === row, 'I12', () => `${device.id} held ${JSON.stringify(change)}, the server has ${JSON.stringify(row)}`)
    }
  }
}
