import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeviceId, type RunId } from '~/shared/domain/ids'
import { createError, type HoldfastError } from '~/shared/errors'
import { clientMessageSchema, type ClientMessage } from '~/shared/protocol/client-message'
import { err, ok } from '~/shared/result'
import type { RunFeed } from '~/server/sync/session'
import { discardRejected, listRejected, retryRejected } from '~/workers/database/outbox'
import type { SyncIdentity } from '~/workers/sync/ports'
import { createRandom } from './random'
import { createDevice, type Device, type DeviceOptions } from './simulation/device'
import { checkConvergence } from './simulation/invariants'
import { createScheduler } from './simulation/scheduler'
import { createServer, type SimulatedServer, type SimulatedSpace } from './simulation/server'

const scheduler = createScheduler(1_800_000_000_000)
const random = createRandom(11)
let server: SimulatedServer
beforeAll(async () => {
  server = await createServer({ now: scheduler.now })
})
afterAll(() => server.close())

interface Joined { device: Device, frames: ClientMessage[], connections: { close(code: number, reason: string): void, send(text: string): void }[] }

/** A device whose frames are kept, and whose connections can be closed from the server's side. */
async function join(space: SimulatedSpace, { runs, keys, ...options }: Partial<DeviceOptions> & { runs?: RunFeed, keys?: Keys } = {}): Promise<Joined> {
  const id = createDeviceId(random.bytes)
  const { token, tokenId } = await space.mint(id)
  keys?.issue(token)
  const frames: ClientMessage[] = []
  const connections: Joined['connections'] = []
  const device = await createDevice({
    id, token, url: server.url, scheduler, random,
    accept(of, wire) {
      connections.push(wire)
      const session = space.accept(of, tokenId, wire, runs)
      return { ...session, receive: (text) => (frames.push(clientMessageSchema.parse(JSON.parse(text))), session.receive(text)) }
    },
    ...(keys ? { identity: keys.identity } : {}),
    ...options,
  })
  await scheduler.run(1_000)
  return { device, frames, connections }
}

async function synced(...devices: Device[]) {
  for (let round = 0; round < 100 && devices.some((device) => device.client.state().state !== 'synced'); round++) await scheduler.run(1_000)
}

const title = (text: string, key = 'thread-0001') => [{ t: 'thread' as const, k: key, c: { title: text } }]
const ofType = <T extends ClientMessage['type']>(frames: ClientMessage[], type: T) => frames.filter((frame): frame is Extract<ClientMessage, { type: T }> => frame.type === type)

type Keys = ReturnType<typeof createKeys>

/** The device's token as its worker keeps it. `renewals` are the failures of the next attempts to renew it, null for none. */
function createKeys({ paired = true, renewals = [] }: { paired?: boolean, renewals?: (HoldfastError | null)[] } = {}) {
  const saved: string[] = []
  let issued: string | null = null
  let isPaired = paired
  let renewed = 0
  const listeners = new Set<() => void>()
  const identity: SyncIdentity = {
    token: () => (isPaired ? issued : null),
    saveToken: (value) => void saved.push(value),
    async renewToken() {
      renewed++
      const failure = renewals.shift()
      return failure ? err(failure) : ok(undefined)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  return {
    identity, saved,
    renewed: () => renewed,
    issue: (token: string) => void (issued = token),
    pair() {
      isPaired = true
      listeners.forEach((listener) => listener())
    },
  }
}

describe('pushes', () => {
  it('[SY6] writes that come close together share a push', async () => {
    const space = await server.createSpace()
    const { device, frames } = await join(space)
    for (let i = 0; i < 5; i++) {
      device.write(title(`title ${i}`))
      await scheduler.run(2)
    }
    await synced(device)
    expect(ofType(frames, 'push').map(({ changes }) => changes.length)).toEqual([5])
    await device.stop()
  })

  it('[SY102] the server’s time that was long on its way, as over a sleep of the machine, does not move the clock', async () => {
    const space = await server.createSpace()
    const { device, connections } = await join(space)
    const asked = scheduler.now() - 600_000
    connections[0]!.send(JSON.stringify({ type: 'pong', t: asked, now: asked + 5, head: 0 }))
    await scheduler.run(100)
    expect(Math.abs(device.db.now() - scheduler.now())).toBeLessThan(1_000)
    await device.stop()
  })

  it('[SY6] a long outbox goes in pushes of at most 500 changes and 256 KiB, one after another', async () => {
    const space = await server.createSpace()
    const { device, frames } = await join(space)
    for (let i = 0; i < 1_200; i++) device.write(title(`title ${i} ${'x'.repeat(i % 3 === 0 ? 250 : 0)}`, `thread-${i % 50}`))
    await synced(device)
    const pushes = ofType(frames, 'push')
    expect(pushes.flatMap(({ changes }) => changes.map(({ n }) => n))).toEqual(Array.from({ length: 1_200 }, (_, i) => i + 1))
    for (const push of pushes) {
      expect(push.changes.length).toBeLessThanOrEqual(500)
      expect(JSON.stringify(push).length).toBeLessThanOrEqual(256 * 1024 + 1024)
    }
    await device.stop()
  })

  it('[SY9] a change that the server refuses is set aside, blocks nothing, and can be sent again or given up', async () => {
    const space = await server.createSpace()
    const { device } = await join(space)
    device.wire.setOnline(false)
    device.write(title('before'))
    // As another build might have written it.
    // As another build might have written it: a title that is too long.
    const h = device.db.stamp()
    device.db.driver.run(`insert into outbox (n, t, k, h, c) values (2, 'thread', 'thread-0002', ?, ?)`, [h, JSON.stringify({ title: 'x'.repeat(400) })])
    device.db.driver.run(`insert into thread (id, title, h, hx) values ('thread-0002', ?, ?, '{}')`, ['x'.repeat(400), h])
    device.write(title('after'))
    device.wire.setOnline(true)
    await synced(device)
    expect(listRejected(device.db.driver)).toMatchObject([{ n: 2, code: 'invalid_request', k: 'thread-0002' }])
    expect(device.client.state()).toMatchObject({ state: 'synced', outgoing: 0, rejected: 1 })
    expect(device.notices).toContain('change-rejected')
    expect((await space.entities()).map(({ entity }) => entity.columns.title)).toEqual(['after'])

    expect(device.db.driver.transaction(() => retryRejected(device.db.driver, 2))).toBe(true)
    device.client.poke()
    await synced(device)
    expect(listRejected(device.db.driver)).toMatchObject([{ n: 4 }])
    device.db.driver.transaction(() => discardRejected(device.db.driver, 4))
    device.db.committed({ rows: [], local: ['rejected'] })
    await scheduler.run(5_000)
    expect(device.client.state()).toMatchObject({ state: 'synced', rejected: 0 })
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[SY17] what another device wrote arrives without a pull', async () => {
    const space = await server.createSpace()
    const [a, b] = [await join(space), await join(space)]
    const pulls = ofType(b.frames, 'pull').length
    a.device.write(title('hello'))
    await synced(a.device, b.device)
    await checkConvergence(space, [a.device, b.device])
    expect(ofType(b.frames, 'pull')).toHaveLength(pulls)
    await a.device.stop()
    await b.device.stop()
  })
})

describe('a file that went back in time', () => {
  it('[SY18] renumbers what was written since, and loses neither history', async () => {
    const space = await server.createSpace()
    const { device } = await join(space)
    const file = device.file()
    device.write(title('before the power cut'))
    await scheduler.run(1_000)
    await device.rollBack(file)
    device.wire.setOnline(false)
    device.write([...title('after it', 'thread-0002'), ...title('and more', 'thread-0003')])
    device.wire.setOnline(true)
    await scheduler.run(10_000)
    await synced(device)
    expect(device.notices).toContain('rolled-back')
    expect((await space.log()).map(({ n, c }) => [n, c.title])).toEqual([[1, 'before the power cut'], [2, 'after it'], [3, 'and more']])
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[SY7] knows a change again that the clock guard restamped since, and lets what came later win over it', async () => {
    const space = await server.createSpace()
    const { device } = await join(space)
    device.wire.setOnline(false)
    device.setSkew(3 * 60 * 60 * 1000)
    device.write(title('from the future'))
    const file = device.file()
    device.wire.setOnline(true)
    await scheduler.run(10_000)
    await synced(device)
    await space.write(title('later, by another'))
    await device.rollBack(file)
    await scheduler.run(10_000)
    await synced(device)
    expect((await space.log()).map(({ c }) => c.title)).toEqual(['from the future', 'later, by another'])
    await checkConvergence(space, [device])
    await device.stop()
  })
})

describe('a restored server', () => {
  it('[SY11] gets back what its devices hold, long replies too, and says so', async () => {
    const space = await server.createSpace()
    const { device } = await join(space)
    const backup = await space.backup()
    device.write([{ t: 'thread', k: 'thread-0001', c: { title: 'mine', deleted: 0, created_at: 1 } }])
    await synced(device)
    const parts = [{ type: 'text', text: 'long '.repeat(300_000) }]
    await space.write([{ t: 'message', k: 'reply-0001', c: { thread: 'thread-0001', role: 'assistant', status: 'final', parts, usage: null, error: null, deleted: 0, created_at: 2 } }])
    await scheduler.run(1_000)
    await space.restore(backup)
    await scheduler.run(60_000)
    await synced(device)
    expect(device.notices).toContain('restored-server')
    expect((await space.entities()).map(({ key }) => key).sort()).toEqual(['reply-0001', 'thread-0001'])
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[SY11] is noticed even when its log has grown past the cursor again', async () => {
    const space = await server.createSpace()
    const [a, b] = [await join(space), await join(space)]
    a.device.write(title('first'))
    await synced(a.device, b.device)
    const backup = await space.backup()
    await space.write(title('seen by both'))
    await scheduler.run(1_000)
    a.device.wire.setOnline(false)
    b.device.client.stop()
    await space.restore(backup)
    await space.write([...title('another history'), ...title('and more of it', 'thread-0002')])
    a.device.wire.setOnline(true)
    await scheduler.run(10_000)
    await synced(a.device)
    expect(a.device.notices).toContain('restored-server')
    await checkConvergence(space, [a.device])
    await a.device.stop()
    await b.device.stop()
  })
})

describe('tokens and endings', () => {
  it('[AU72] a token that is about to end is renewed over the socket and stored', async () => {
    const space = await server.createSpace()
    const keys = createKeys()
    const { device, connections } = await join(space, { keys })
    connections[0]!.send(JSON.stringify({ type: 'token-expiring', at: scheduler.now() + 1_000 }))
    await scheduler.run(1_000)
    expect(keys.saved).toHaveLength(1)
    await device.stop()
  })

  it('[AU73] an expired token is renewed, again after a failure that may pass, and sync goes on', async () => {
    const space = await server.createSpace()
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
    const space = await server.createSpace()
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
    const space = await server.createSpace()
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
    const space = await server.createSpace()
    const { device, connections } = await join(space)
    connections[0]!.close(4426, 'upgrade_required')
    await scheduler.run(60_000)
    expect(device.client.state()).toMatchObject({ state: 'offline', error: { code: 'upgrade_required' } })
    expect(device.notices).toEqual(['reload-to-update'])
    expect(connections).toHaveLength(1)
    await device.stop()
  })

  it('[SY23] a device without a token works on its own, and sends everything once it is paired', async () => {
    const space = await server.createSpace()
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

describe('where sockets are blocked', () => {
  it('[SY10] HTTP takes over, both ways, and the socket takes back', async () => {
    const space = await server.createSpace()
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
    const space = await server.createSpace()
    const { device } = await join(space, { blocksSockets: () => true })
    device.setSkew(5 * 60 * 60 * 1000)
    device.write(title('from the future'))
    await scheduler.run(30_000)
    await synced(device)
    await checkConvergence(space, [device])
    await device.stop()
  })
})

describe('streamed replies', () => {
  it('[RN2] go on after a reconnect where they stopped, and never show a delta twice', async () => {
    const space = await server.createSpace()
    const run = 'run-00000001' as RunId
    const attached: number[] = []
    let send: (seq: number) => void = () => {}
    const runs: RunFeed = {
      attach(request) {
        attached.push(request.after)
        send = (seq) => request.send({ type: 'run-delta', run, seq, parts: [{ index: 0, type: 'text', text: `${seq} ` }] })
        return () => {}
      },
    }
    const shown: number[] = []
    const ended: string[] = []
    const { device } = await join(space, { runs, events: { onRunDelta: ({ seq }) => void shown.push(seq), onRunEnd: ({ status }) => void ended.push(status) } })
    device.client.attachRun(run, 0)
    await scheduler.run(100)
    for (const seq of [1, 2, 2, 1, 3]) send(seq)
    await scheduler.run(100)
    device.client.reconnect()
    await scheduler.run(1_000)
    for (const seq of [3, 4]) send(seq)
    await scheduler.run(100)
    expect(attached).toEqual([0, 3])
    expect(shown).toEqual([1, 2, 3, 4])
    await device.stop()
  })
})
