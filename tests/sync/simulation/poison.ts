import { createDeviceId } from '~/shared/domain/ids'
import { entityToText } from '~/shared/sync/fingerprint'
import { tableNames, tables, type TableName } from '~/shared/sync/tables'
import type { SqlRow } from '~/workers/database/driver'
import { keyId, listAside } from '~/workers/database/aside'
import { rowToEntity } from '~/workers/database/entities'
import { readPosition } from '~/workers/database/meta'
import { returnOwnRows } from '~/workers/aside-calls'
import { createRandom, type Random } from '../random'
import { createDevice, type Device } from './device'
import { checkConvergence, expectThat } from './invariants'
import { createOperations } from './operations'
import type { ScenarioOptions } from './scenario'
import type { SimulatedServer, SimulatedSpace } from './server'
import { calm } from './wire'

type Planted = { place: 'server' | Device, key: string }

/**
 * Rows that cannot be read are planted into the server's database and into the devices' files while they write. Nothing may stop, all the
 * rest must be equal (I1), what is left out must be named, and everything must be back and equal once it is tried again.
 */
export async function runPoisoned({ server, scheduler, seed, faults = {} }: ScenarioOptions): Promise<void> {
  const random = createRandom(seed)
  const space = await server.createSpace()
  const operations = createOperations(random)
  const devices: Device[] = []
  for (let i = 0; i < 2; i++) {
    const id = createDeviceId(random.bytes)
    const { token, tokenId } = await space.mint(id)
    devices.push(await createDevice({
      id, token, url: server.url, scheduler, random, faults, accept: (device, wire) => space.accept(device, tokenId, wire), wireFaults: () => calm,
    }))
  }
  const run = (ms: number) => scheduler.run(ms).catch((error: unknown) => expectThat(false, 'I4', () => `something stopped: ${String(error)}`))
  const planted: Planted[] = []
  try {
    for (let step = 0; step < 40; step++) {
      const device = random.pick(devices)
      const roll = random.next()
      if (roll < 0.3) operations.send(device)
      else if (roll < 0.6) operations.change(device)
      else if (roll < 0.7) await operations.reply(space)
      else if (roll < 0.78) device.restart()
      else if (step > 8 && roll < 0.88) await plantOnServer(server, space, random, planted)
      else if (step > 8) plantOnDevice(device, random, planted)
      await run(random.pick([1, 30, 200, 2_000]))
    }
    for (const device of devices) device.client.reconnect()
    await quiet(space, devices, run)
    await checkRest(server, space, devices, run)

    for (const { place } of planted) if (place !== 'server') place.db.driver.exec('drop trigger if exists refused')
    await server.context.sync.returnAside(space.spaceId)
    await quiet(space, devices, run)
    for (const { db, client } of devices) await during(returnOwnRows(db, client), run)
    await quiet(space, devices, run)
    const left = (await server.context.sync.aside(space.spaceId)).keys
    expectThat(left.length === 0, 'I1', () => `the server keeps ${JSON.stringify(left)} aside for good`)
    for (const { db, id } of devices) expectThat(listAside(db.driver).length === 0, 'I1', () => `${id} keeps ${JSON.stringify(listAside(db.driver))} aside for good`)
    await checkConvergence(space, devices)
  } finally {
    for (const device of devices) await device.stop()
    await scheduler.settle()
  }
}

async function plantOnServer({ context: { database } }: SimulatedServer, { spaceId }: SimulatedSpace, random: Random, planted: Planted[]): Promise<void> {
  const rows = await database.selectFrom('entity').select(['table', 'pk']).where('space', '=', spaceId).orderBy('pk').execute()
  const free = rows.filter(({ table, pk }) => !planted.some(({ key }) => key === keyId(table, pk)))
  if (free.length === 0) return
  const { table, pk } = random.pick(free)
  planted.push({ place: 'server', key: keyId(table, pk) })
  const place = random.pick(['entity', 'entity', 'change'] as const)
  const columns = random.pick([{ columns: '{"title":"' }, { columns: '[]' }, { columns: 'null' }])
  await database.updateTable(place).set(place === 'entity' ? random.pick([columns, { hx: '{' }, { hx: '{"deleted":7}' }]) : columns)
    .where('space', '=', spaceId).where('table', '=', table).where('pk', '=', pk).execute()
}

function plantOnDevice(device: Device, random: Random, planted: Planted[]): void {
  const { driver } = device.db
  const isFree = (table: string, key: string) => !planted.some((one) => one.key === keyId(table, key))
  if (random.chance(0.3) && isFree('setting', 'font')) {
    planted.push({ place: device, key: keyId('setting', 'font') })
    driver.exec(`create trigger refused before insert on setting when new.name = 'font' begin select raise(abort, 'refused'); end`)
    return
  }
  const messages = driver.all<{ id: string }>('select id from message order by id').filter(({ id }) => isFree('message', id))
  if (messages.length === 0) return
  const { id } = random.pick(messages)
  planted.push({ place: device, key: keyId('message', id) })
  const [column, value] = random.pick([['parts', '[{"type'], ['usage', 'x'], ['hx', '{"'], ['h', 'never']] as const)
  // Past the index, as a bad sector or an earlier build does.
  const triggers = driver.all<{ name: string, sql: string }>(`select name, sql from sqlite_schema where type = 'trigger'`)
  for (const { name } of triggers) driver.exec(`drop trigger ${name}`)
  driver.run(`update message set ${column} = ? where id = ?`, [value, id])
  for (const { sql } of triggers) driver.exec(sql)
}

/** Lets time pass until something is over. */
async function during<T>(work: Promise<T>, run: (ms: number) => Promise<void>): Promise<T> {
  let isOver = false
  void work.finally(() => (isOver = true)).catch(() => {})
  for (let round = 0; round < 200 && !isOver; round++) await run(10)
  expectThat(isOver, 'I4', () => 'a check never ends')
  return work
}

async function quiet(space: SimulatedSpace, devices: readonly Device[], run: (ms: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < 30; round++) {
    await run(10_000)
    const heads = await Promise.all(devices.map(async ({ id, db, client }) => {
      const { head } = await space.status(id)
      return client.state().state === 'synced' && readPosition(db.driver).cursor === head
    }))
    if (heads.every(Boolean)) return
  }
  expectThat(false, 'I4', () => `never quiet: ${devices.map(({ id, client }) => `${id} ${JSON.stringify(client.state())}`).join(', ')}`)
}

/** I1 on the rest: what neither side keeps aside is equal, and a check finds it so. */
async function checkRest(
  { context: { sync, database } }: SimulatedServer, { spaceId }: SimulatedSpace, devices: readonly Device[], run: (ms: number) => Promise<void>,
): Promise<void> {
  const { aside = [] } = await sync.fingerprint(spaceId)
  const rows = await database.selectFrom('entity').selectAll().where('space', '=', spaceId).execute()
  for (const { id, db, client } of devices) {
    const checked = await during(client.check(), run)
    expectThat(checked.ok && (checked.value.equal || checked.value.healed), 'I1', () => `${id} differs for good: ${JSON.stringify(checked)}`)
    const left = new Set([...aside.map(({ t, k }) => keyId(t, k)), ...listAside(db.driver).map(({ table, key }) => keyId(table, key))])
    const expected = rows.filter(({ table, pk }) => !left.has(keyId(table, pk)))
      .map(({ table, pk, columns, h, hx }) => entityToText(table, pk, { columns: JSON.parse(columns), h, hx: JSON.parse(hx) } as Parameters<typeof entityToText>[2]))
    const own = tableNames.flatMap((table) => ownRows(db, table).filter(({ key }) => !left.has(keyId(table, key))).map(({ text }) => text()))
    const difference = [...own.filter((text) => !expected.includes(text)).map((text) => `- ${text}`), ...expected.filter((text) => !own.includes(text)).map((text) => `+ ${text}`)]
    expectThat(difference.length === 0, 'I1', () => `${id} differs on the rest:\n${difference.slice(0, 4).join('\n')}`)
  }
}

const ownRows = (db: Device['db'], table: TableName) => db.driver.all<SqlRow>(`select * from ${table}`).map((row) => {
  const key = String(row[tables[table].key])
  return { key, text: () => entityToText(table, key, rowToEntity(table, row)) }
})
