import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDeviceId } from '~/shared/domain/ids'
import { unlessFull } from '~/workers/database/storage-full'
import { createRandom } from './random'
import { createDevice } from './simulation/device'
import { checkConvergence } from './simulation/invariants'
import { createScheduler } from './simulation/scheduler'
import { createServer, type SimulatedServer } from './simulation/server'

const scheduler = createScheduler(1_800_000_000_000)
const random = createRandom(77)
let server: SimulatedServer
beforeAll(async () => {
  server = await createServer({ now: scheduler.now })
})
afterAll(() => server.close())

const setting = (name: string) => ({ t: 'setting' as const, k: name, c: { value: 'word '.repeat(20_000) } })

/** A device of a space of its own, that counts how often it was told of a full disk. */
async function start() {
  const space = await server.createSpace()
  const id = createDeviceId(random.bytes)
  const { token, tokenId } = await space.mint(id)
  let times = 0
  const device = await createDevice({
    id, token, url: server.url, scheduler, random, accept: (_, wire) => space.accept(id, tokenId, wire), events: { onStorageFull: () => void times++ },
  })
  await scheduler.run(1_000)
  return { space, device, told: () => times }
}

it('[ST77] what comes while the disk is full is asked for again until there is room, and a full file still opens and closes', async () => {
  const { space, device, told } = await start()
  const pages = device.db.driver.get<{ page_count: number }>('pragma page_count')!.page_count
  device.db.driver.exec(`pragma max_page_count=${pages + 1}`)
  expect(unlessFull(() => device.write([setting('own')]))).toBe(false)
  await space.write([setting('from-elsewhere')])
  await scheduler.run(30_000)
  expect(told()).toBeGreaterThan(1)
  expect(device.client.state().state).toBe('syncing')

  // Another start on the full file: it can be read, and goes on asking.
  device.restart()
  await scheduler.run(10_000)
  expect(device.client.state().state).toBe('syncing')

  device.db.driver.exec('pragma max_page_count=1000000')
  device.write([setting('own')])
  await scheduler.run(30_000)
  await checkConvergence(space, [device])
  await device.stop()
})

it('[ST77] a device whose disk is full while it gives a restored server its rows back goes on once there is room', async () => {
  const { space, device, told } = await start()
  const backup = await space.backup()
  device.write([setting('one'), setting('two'), setting('three')])
  await scheduler.run(5_000)
  const { page_count: pages, freelist_count: free } = { ...device.db.driver.get<{ page_count: number }>('pragma page_count')!, ...device.db.driver.get<{ freelist_count: number }>('pragma freelist_count')! }
  device.db.driver.exec(`pragma max_page_count=${pages + Math.max(2 - free, 0)}`)
  await space.restore(backup)
  await scheduler.run(60_000)
  expect(told()).toBeGreaterThan(1)
  expect(device.client.state().state).toBe('syncing')
  device.db.driver.exec('pragma max_page_count=1000000')
  await scheduler.run(60_000)
  expect((await space.entities()).map(({ key }) => key).sort()).toEqual(['one', 'three', 'two'])
  await checkConvergence(space, [device])
  await device.stop()
})
