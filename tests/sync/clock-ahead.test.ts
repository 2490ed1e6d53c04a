import { expect, it } from 'vitest'
import { clockCounter, clockTime, formatClock } from '~/shared/sync/clock'
import { createSpace, join, ofType, scheduler, synced, title } from './joined'
import { checkConvergence } from './simulation/invariants'
import type { SimulatedSpace } from './simulation/server'

const day = 24 * 60 * 60 * 1000

/** A space whose clock an earlier server let walk ahead. */
async function createSpaceAhead(by = 10 * day): Promise<{ space: SimulatedSpace, ahead: number }> {
  const space = await createSpace()
  const ahead = scheduler.now() + by
  await space.force([{ n: 1, t: 'thread', k: 'thread-0001', h: formatClock(ahead, 3, 'server'), c: { title: 'from ahead', created_at: 1 } }])
  return { space, ahead }
}
const titleOf = async (space: SimulatedSpace, key = 'thread-0001') => (await space.entities()).find((row) => row.key === key)?.entity.columns.title

it('[SY133] two devices sync both ways, and each later edit wins', async () => {
  const { space, ahead } = await createSpaceAhead()
  const [a, b] = [await join(space), await join(space)]
  await synced(a.device, b.device)
  for (let round = 0; round < 10; round++) {
    const editor = round % 2 === 0 ? a : b
    editor.device.write(title(`edit ${round}`))
    await synced(a.device, b.device)
    expect(await titleOf(space)).toBe(`edit ${round}`)
    await space.write(title(`reply ${round}`))
    await scheduler.run(1_000)
    await synced(a.device, b.device)
    expect(await titleOf(space)).toBe(`reply ${round}`)
  }
  await checkConvergence(space, [a.device, b.device])
  const clock = await space.clock()
  expect([clockTime(clock), clockCounter(clock)]).toEqual([ahead, 23])
  expect([...ofType(a.frames, 'push'), ...ofType(b.frames, 'push')]).toHaveLength(10)
  await a.device.stop()
  await b.device.stop()
})

it('[SY133] what both wrote offline goes through, with a wrong clock and with counters that were never sent', async () => {
  const { space, ahead } = await createSpaceAhead()
  const [a, b] = [await join(space), await join(space)]
  await synced(a.device, b.device)
  a.device.wire.setOnline(false)
  b.device.wire.setOnline(false)
  for (let i = 0; i < 600; i++) a.device.write(title(`offline ${i}`, `thread-a${i}`))
  b.device.setSkew(20 * day)
  for (let i = 0; i < 5; i++) b.device.db.stamp()
  b.device.write(title('by a clock twenty days ahead', 'thread-0002'))
  b.device.setSkew(0)
  for (let i = 0; i < 5; i++) b.device.db.stamp()
  b.device.write(title('and after it', 'thread-0002'))
  a.device.wire.setOnline(true)
  b.device.wire.setOnline(true)
  await synced(a.device, b.device)
  await checkConvergence(space, [a.device, b.device])
  expect(await titleOf(space, 'thread-0002')).toBe('and after it')
  const clock = await space.clock()
  expect(clockTime(clock)).toBe(ahead)
  expect(clockCounter(clock)).toBeLessThanOrEqual(3 + 602)
  // Two devices that go on from a full counter, too.
  await space.force([{ n: 2, t: 'thread', k: 'thread-0001', h: formatClock(ahead, 99_998, 'server'), c: { title: 'nearly full' } }])
  a.device.wire.cutByServer()
  b.device.wire.cutByServer()
  await scheduler.run(10_000)
  await synced(a.device, b.device)
  a.device.write([...title('one'), ...title('two'), ...title('three')])
  await synced(a.device, b.device)
  b.device.write(title('four'))
  await synced(a.device, b.device)
  expect(await titleOf(space)).toBe('four')
  expect(await space.clock()).toMatch(new RegExp(`^${ahead + 1}:00002:`))
  await checkConvergence(space, [a.device, b.device])
  await a.device.stop()
  await b.device.stop()
})

it('[SY133] a device that wrote before it ever heard of the space’s clock loses nothing', async () => {
  const { space } = await createSpaceAhead()
  const { device } = await join(space)
  device.wire.setOnline(false)
  const late = await join(space)
  late.device.wire.setOnline(false)
  late.device.write(title('new', 'thread-0009'))
  await space.write(title('meanwhile'))
  late.device.wire.setOnline(true)
  device.wire.setOnline(true)
  await scheduler.run(10_000)
  await synced(device, late.device)
  await checkConvergence(space, [device, late.device])
  expect(await titleOf(space, 'thread-0009')).toBe('new')
  await device.stop()
  await late.device.stop()
})

it('[SY133] once the wall clock has passed the space\'s, everything goes by time again', async () => {
  const { space, ahead } = await createSpaceAhead(5 * 60_000)
  const { device } = await join(space)
  device.write(title('within the millisecond'))
  await synced(device)
  expect(clockTime(await space.clock())).toBe(ahead)
  await scheduler.run(6 * 60_000)
  device.write(title('by time again'))
  await scheduler.run(1_000)
  await synced(device)
  expect(clockTime(await space.clock())).toBeGreaterThan(ahead)
  expect(clockTime(await space.clock())).toBeLessThanOrEqual(scheduler.now())
  await device.stop()
})

it('[SY134] a server that is put back to before its clock ran ahead takes everything again, and what is written then wins', async () => {
  const space = await createSpace()
  const [a, b] = [await join(space), await join(space)]
  a.device.write(title('before'))
  await synced(a.device, b.device)
  const backup = await space.backup()
  await space.force([{ n: 1, t: 'thread', k: 'thread-0002', h: formatClock(scheduler.now() + 10 * day, 3, 'server'), c: { title: 'from ahead', created_at: 1 } }])
  a.device.wire.cutByServer()
  b.device.wire.cutByServer()
  await scheduler.run(10_000)
  await synced(a.device, b.device)
  a.device.write(title('written ahead', 'thread-0003'))
  await synced(a.device, b.device)
  expect(await titleOf(space, 'thread-0003')).toBe('written ahead')
  b.device.wire.setOnline(false)
  await space.restore(backup)
  await scheduler.run(30_000)
  await synced(a.device)
  expect(await titleOf(space, 'thread-0003')).toBe('written ahead')
  b.device.wire.setOnline(true)
  await scheduler.run(30_000)
  await synced(a.device, b.device)
  for (const [editor, text] of [[a, 'written since'], [b, 'and after it']] as const) {
    editor.device.write(title(text, 'thread-0003'))
    await synced(a.device, b.device)
    expect(await titleOf(space, 'thread-0003')).toBe(text)
  }
  expect(await titleOf(space, 'thread-0002')).toBe('from ahead')
  expect(clockTime(await space.clock())).toBeLessThanOrEqual(scheduler.now() + 60_000)
  await checkConvergence(space, [a.device, b.device])
  await a.device.stop()
  await b.device.stop()
})
