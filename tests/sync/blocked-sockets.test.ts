import { describe, expect, it } from 'vitest'
import { createError } from '~/shared/errors'
import { createSpace, join, scheduler, synced, title } from './joined'
import { checkConvergence } from './simulation/invariants'

describe('where sockets are blocked', () => {
  it('[SY10] HTTP takes over, both ways, and the socket takes back', async () => {
    const space = await createSpace()
    let blocked = true
    const { device, connections } = await join(space, { blocksSockets: () => blocked })
    device.write(title('by http'))
    await scheduler.run(20_000)
    await synced(device)
    await checkConvergence(space, [device])
    expect(connections).toHaveLength(0)
    await space.write(title('from the server'))
    await scheduler.run(20_000)
    await checkConvergence(space, [device])
    blocked = false
    await scheduler.run(20_000)
    expect(connections).toHaveLength(1)
    device.write(title('by socket'))
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[SY10] the clock guard works over HTTP as well', async () => {
    const space = await createSpace()
    const { device } = await join(space, { blocksSockets: () => true })
    device.setSkew(5 * 60 * 60 * 1000)
    device.write(title('from the future'))
    await scheduler.run(30_000)
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[SY10] the server is left alone for as long as it asks to be', async () => {
    const space = await createSpace()
    const asked: number[] = []
    const { device } = await join(space, {
      blocksSockets: () => true,
      meddle(path, init) {
        if (path !== '/push' || String(init?.body) === '{"changes":[]}') return null
        asked.push(scheduler.now())
        return asked.length > 1 ? null : Response.json({ ok: false, error: createError('rate_limited', 'wait', { retryAfter: 60 }) }, { status: 429 })
      },
    })
    await scheduler.run(20_000)
    device.write(title('in good time'))
    await scheduler.run(90_000)
    await checkConvergence(space, [device])
    expect(asked).toHaveLength(2)
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(60_000)
    await device.stop()
  })

  it('[SY10] a server that goes away is offline, not syncing, and is found again', async () => {
    const space = await createSpace()
    const { device } = await join(space, { blocksSockets: () => true })
    await scheduler.run(20_000)
    await synced(device)
    device.wire.setOnline(false)
    await scheduler.run(20_000)
    expect(device.client.state().state).toBe('offline')
    device.write(title('while it was away'))
    device.wire.setOnline(true)
    await scheduler.run(30_000)
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })
})
