import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeviceId } from '~/shared/domain/ids'
import { readHeldDraft } from '~/workers/database/drafts'
import { createRandom } from './random'
import { createDevice, type Device, type DeviceOptions } from './simulation/device'
import { checkConvergence, rowsToText } from './simulation/invariants'
import { createScheduler } from './simulation/scheduler'
import { createServer, type SimulatedServer, type SimulatedSpace } from './simulation/server'

const scheduler = createScheduler(1_800_000_000_000)
const random = createRandom(7)
let server: SimulatedServer
let full: SimulatedSpace
beforeAll(async () => {
  server = await createServer({ now: scheduler.now })
  full = await server.createSpace()
  await fill(full, 5_200)
})
afterAll(() => server.close())

const message = (index: number) => ({
  thread: 'thread-0001', parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text: `message number ${index}` }], usage: null, error: null,
  run: null, model: null, deleted: 0, created_at: index,
})

async function fill(space: SimulatedSpace, count: number) {
  await space.write([{ t: 'thread', k: 'thread-0001', c: { title: 'A long one', deleted: 0, created_at: 1 } }])
  for (let at = 0; at < count; at += 400) {
    await space.write(Array.from({ length: Math.min(400, count - at) }, (_, i) => ({ t: 'message' as const, k: `message-${at + i}`, c: message(at + i) })))
  }
}

async function join(space: SimulatedSpace, options: Partial<DeviceOptions> = {}) {
  const id = createDeviceId(random.bytes)
  const { token, tokenId } = await space.mint(id)
  return createDevice({ id, token, url: server.url, scheduler, random, accept: (device, wire) => space.accept(device, tokenId, wire), ...options })
}

/** Lets virtual time and the real answers of the server pass until the device has everything. */
async function synced(device: Device) {
  for (let round = 0; round < 100 && device.client.state().state !== 'synced'; round++) await scheduler.run(1_000)
}

async function check(device: Device) {
  let answer: Awaited<ReturnType<Device['client']['check']>> | null = null
  void device.client.check().then((value) => (answer = value))
  for (let round = 0; round < 100 && !answer; round++) await scheduler.run(10)
  return answer
}

const unsent = [{ t: 'thread' as const, k: 'thread-mine', c: { title: 'written before the first sync', deleted: 0, created_at: 5 } }]

describe('a first sync', () => {
  it('[SY12] takes an image, keeps what was written before, and shows its progress', async () => {
    const device = await join(full)
    device.write(unsent)
    device.db.driver.run(`insert into meta (name, value) values ('draft/new', '"half a sentence"')`)
    await scheduler.run(100)
    await synced(device)
    await checkConvergence(full, [device])
    expect(readHeldDraft(device.db.driver, 'draft/new')).toBe('half a sentence')
    expect(device.states.map(({ progress }) => progress).filter((progress) => progress !== null).length).toBeGreaterThan(0)
    expect(device.db.driver.all('select rowid from search where search match ?', ['"number 4711"'])).toHaveLength(1)
    expect(device.db.driver.all('select rowid from search where search match ?', ['first sync'])).toHaveLength(1)
    await device.stop()
  })

  it('[SY12] comes row by row where no image can be had', async () => {
    const device = await join(full, { meddle: (path) => (path.startsWith('/snapshot/') && !path.includes('format=rows') ? new Response('no', { status: 500 }) : null) })
    device.write(unsent)
    await scheduler.run(100)
    await synced(device)
    await checkConvergence(full, [device])
    await device.stop()
  })

  it('[SY12] a damaged image and rows that are cut off change nothing, and are asked for again', async () => {
    let broken = 2
    const device = await join(full, {
      meddle: (path) => (!path.startsWith('/snapshot/') || broken-- <= 0 ? null
        : new Response(path.includes('format=rows') ? `${JSON.stringify({ seq: 5201, epoch: 'x', schema: 1, rows: 5201 })}\n` : 'not an image')),
    })
    device.write(unsent)
    await scheduler.run(100)
    await synced(device)
    await checkConvergence(full, [device])
    await device.stop()
  })

  it('[SY11] a large server that was restored is read row by row, and gets back what it lacks', async () => {
    const space = await server.createSpace()
    await fill(space, 5_100)
    const device = await join(space)
    await scheduler.run(100)
    await synced(device)
    const backup = await space.backup()
    device.write(unsent)
    await scheduler.run(1_000)
    await synced(device)
    await space.restore(backup)
    await scheduler.run(10_000)
    await synced(device)
    expect(device.notices).toContain('restored-server')
    await checkConvergence(space, [device])
    expect((await space.log()).filter(({ device: writer }) => writer === device.id)).toHaveLength(1)
    await device.stop()
  })

  it('[SY13] a device below the floor of the log starts over and loses nothing it had written', async () => {
    const space = await server.createSpace()
    await fill(space, 50)
    const device = await join(space)
    await scheduler.run(100)
    await synced(device)
    device.wire.setOnline(false)
    device.write(unsent)
    await space.write([{ t: 'message', k: 'message-0', c: { deleted: 1 } }])
    await space.compact(52)
    device.wire.setOnline(true)
    await scheduler.run(100)
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })
})

describe('a first sync with a clock that is ahead', () => {
  it('[SY7] takes an image and is let in by the clock guard', async () => {
    const space = await server.createSpace()
    await fill(space, 20)
    await space.compact(10)
    const device = await join(space)
    device.setSkew(3 * 60 * 60 * 1000)
    device.write(unsent)
    await scheduler.run(2_000)
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })
})

describe('check sync', () => {
  it('[SY14] finds a replica equal to the server', async () => {
    const space = await server.createSpace()
    await fill(space, 30)
    const device = await join(space)
    await scheduler.run(100)
    await synced(device)
    expect(await check(device)).toEqual({ ok: true, value: { equal: true, healed: false, aside: 0, entities: 31 } })
    await device.stop()
  })

  it('[SY14] heals a replica that differs, and says so', async () => {
    const space = await server.createSpace()
    await fill(space, 30)
    const device = await join(space)
    await scheduler.run(100)
    await synced(device)
    device.db.driver.run(`update message set parts = '[]' where id = 'message-7'`)
    device.db.driver.run(`delete from message where id = 'message-8'`)
    expect(await check(device)).toMatchObject({ ok: true, value: { equal: false, healed: true } })
    expect(device.notices).toContain('healed')
    expect(await check(device)).toMatchObject({ ok: true, value: { equal: true } })
    await scheduler.run(100)
    await synced(device)
    await checkConvergence(space, [device])
    expect(rowsToText(device.db)).toHaveLength(31)
    await device.stop()
  })
})
