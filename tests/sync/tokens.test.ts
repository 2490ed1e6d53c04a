import { describe, expect, it } from 'vitest'
import { createError } from '~/shared/errors'
import { createKeys, createSpace, join, scheduler, synced, title } from './joined'
import { checkConvergence } from './simulation/invariants'

describe('tokens and endings', () => {
  it('[AU72] a token that is about to end is renewed over the socket and stored', async () => {
    const space = await createSpace()
    const keys = createKeys()
    const { device, connections } = await join(space, { keys })
    connections[0]!.send(JSON.stringify({ type: 'token-expiring', at: scheduler.now() + 1_000 }))
    await scheduler.run(1_000)
    expect(keys.saved).toHaveLength(1)
    await device.stop()
  })

  it('[AU73] an expired token is renewed, again after a failure that may pass, and sync goes on', async () => {
    const space = await createSpace()
    const keys = createKeys({ renewals: [createError('internal', 'no network', undefined, true)] })
    const { device, connections } = await join(space, { keys })
    connections[0]!.close(4401, 'token_expired')
    await scheduler.run(1_000)
    expect(connections).toHaveLength(1)
    await scheduler.run(30_000)
    expect(keys.renewed()).toBe(2)
    expect(connections).toHaveLength(2)
    device.write(title('on again'))
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })

  it.each([[4401, 'unauthorized', 'unauthorized'], [4403, 'token_revoked', 'token_revoked']])('[AU74] after %i %s the device is signed out, keeps its rows and sends nothing', async (code, reason, error) => {
    const space = await createSpace()
    const keys = createKeys()
    const { device, connections, frames } = await join(space, { keys })
    connections[0]!.close(code, reason)
    await scheduler.run(1_000)
    expect(device.client.state()).toMatchObject({ state: 'signed-out', error: { code: error } })
    const sent = frames.length
    device.write(title('kept'))
    await scheduler.run(120_000)
    expect(frames).toHaveLength(sent)
    expect(device.client.state().outgoing).toBe(1)
    keys.pair()
    await scheduler.run(1_000)
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })

  it.each([['the socket', false], ['HTTP', true]])('[SY16] nothing flows over %s after a revoke (I9)', async (_, blocked) => {
    const space = await createSpace()
    const [lost, kept] = [await join(space, { blocksSockets: () => blocked }), await join(space)]
    lost.device.write(title('before'))
    await scheduler.run(20_000)
    await synced(lost.device, kept.device)
    await space.revoke(lost.device.id)
    lost.device.write(title('too late'))
    kept.device.write(title('not for you', 'thread-0002'))
    await scheduler.run(60_000)
    expect(lost.device.client.state()).toMatchObject({ state: 'signed-out', error: { code: 'token_revoked' }, outgoing: 1 })
    expect((await space.log()).map(({ c }) => c.title)).toEqual(['before', 'not for you'])
    expect(lost.device.db.driver.all('select id from thread')).toHaveLength(1)
    await lost.device.stop()
    await kept.device.stop()
  })

  it('[SY15] a server that is newer stops sync and asks for a reload', async () => {
    const space = await createSpace()
    const { device, connections } = await join(space)
    connections[0]!.close(4426, 'upgrade_required')
    await scheduler.run(60_000)
    expect(device.client.state()).toMatchObject({ state: 'offline', error: { code: 'upgrade_required' } })
    expect(device.notices).toEqual(['reload-to-update'])
    expect(connections).toHaveLength(1)
    await device.stop()
  })

  it('[SY23] a device without a token works on its own, and sends everything once it is paired', async () => {
    const space = await createSpace()
    const keys = createKeys({ paired: false })
    const { device, connections } = await join(space, { keys })
    device.write(title('alone'))
    await scheduler.run(60_000)
    expect(device.client.state()).toMatchObject({ state: 'local-only', outgoing: 1 })
    expect(connections).toHaveLength(0)
    keys.pair()
    await scheduler.run(1_000)
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })
})
