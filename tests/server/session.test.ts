import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ServerMessage } from '~/shared/protocol/server-message'
import { createSyncSession } from '~/server/sync/session'
import { openContext, type OpenedContext } from '../contract/databases'
import { addDevice } from '../contract/device'

type Device = Awaited<ReturnType<typeof addDevice>>
const mebibyte = 1024 * 1024

let opened: OpenedContext
let now = 0
let owner: Device
beforeEach(async () => {
  now = Date.UTC(2026, 0, 1)
  opened = await openContext('sqlite', { now: () => now })
  owner = await addDevice(opened.context)
})
afterEach(() => opened.close())

/** A session over a wire of our own, whose reader may stop reading. */
function connect(device: Device, options?: { helloWithinMs?: number }) {
  const sent: ServerMessage[] = []
  const closes: { code: number, reason: string }[] = []
  const wire = {
    identity: device, waiting: 0,
    send: (text: string) => void sent.push(JSON.parse(text) as ServerMessage),
    close: (code: number, reason: string) => void closes.push({ code, reason }),
    buffered: () => wire.waiting,
  }
  const session = createSyncSession(opened.context, wire, options)
  const receive = (message: object) => session.receive(JSON.stringify(message))
  const greet = (cursor = 0) => receive({ type: 'hello', v: 1, space: null, device: device.deviceId, cursor, epoch: null, n: 0, schema: 1, t: 0 })
  const take = () => sent.splice(0).map((message) => ({ ...message }))
  return { wire, session, receive, greet, take, closes }
}

const write = async (title: string) => {
  const { sync } = opened.context
  const logged = await sync.transaction(owner.spaceId, (trx) => sync.writeServerChanges(trx, owner.spaceId, [{ t: 'thread', k: 'thread_0001', c: { title } }]))
  sync.announce(owner.spaceId, logged)
}

test('[SY60] a device that is behind is not sent live changes before it has pulled to the end', async () => {
  await write('one')
  const { greet, receive, take } = connect(owner)
  await greet()
  expect(take()).toMatchObject([{ type: 'welcome', head: 1, upto: 0, uptoClock: null }])
  await write('two')
  expect(take()).toEqual([])
  await receive({ type: 'pull', rq: 1, cursor: 0, limit: 10 })
  expect(take()).toMatchObject([{ type: 'page', from: 1, to: 2, more: false }])
  await write('three')
  expect(take()).toMatchObject([{ type: 'changes', from: 3, to: 3 }])
})

test('[SY61] a slow reader gets one poke in place of changes, and follows again when it has pulled', async () => {
  const { wire, greet, receive, take } = connect(owner)
  await greet()
  take()
  wire.waiting = mebibyte / 2
  await write('one')
  await write('two')
  expect(take()).toEqual([{ type: 'poke', head: 1 }])
  wire.waiting = 0
  await write('three')
  expect(take()).toEqual([])
  await receive({ type: 'pull', rq: 1, cursor: 0, limit: 10 })
  expect(take()).toMatchObject([{ type: 'page', to: 3 }])
  await write('four')
  expect(take()).toMatchObject([{ type: 'changes', from: 4 }])
})

test('[SY62] more than 4 MiB waiting for ten seconds closes the socket with 4429, a shorter spell does not (I10)', async () => {
  const { wire, greet, closes } = connect(owner)
  await greet()
  const { hub } = opened.context
  wire.waiting = 5 * mebibyte
  hub.sweep(now)
  hub.sweep(now + 9_000)
  wire.waiting = 0
  hub.sweep(now + 9_500)
  wire.waiting = 5 * mebibyte
  hub.sweep(now + 10_000)
  hub.sweep(now + 19_999)
  expect(closes).toEqual([])
  hub.sweep(now + 20_000)
  expect(closes).toEqual([{ code: 4429, reason: 'rate_limited' }])
  expect([...hub.listeners(owner.spaceId)]).toEqual([])
})

test('[SY63] a reader that asks without reading is answered no further, and closed when it goes on', async () => {
  const { wire, greet, receive, take, closes } = connect(owner)
  await greet()
  take()
  wire.waiting = 2 * mebibyte
  for (let rq = 0; rq < 1_001; rq++) void receive({ type: 'pull', rq, cursor: 0, limit: 2_000 })
  expect(take()).toEqual([])
  expect(closes).toEqual([{ code: 4429, reason: 'rate_limited' }])
})

test('[SY64] an own push keeps a device live; a hole before it makes the server wait for its pull', async () => {
  const { greet, receive, take } = connect(owner)
  await greet()
  await receive({ type: 'push', rq: 1, changes: [owner.change('thread', 'thread_0001', { title: 'mine' })] })
  await write('two')
  expect(take().slice(1)).toMatchObject([{ type: 'push-ack', from: 1, to: 1 }, { type: 'changes', from: 2, to: 2 }])
})

test('[SY65] a device that caught up elsewhere says so with its next ping, and is live again', async () => {
  await write('one')
  const { greet, receive, take } = connect(owner)
  await greet()
  await receive({ type: 'ping', t: 0, cursor: 1 })
  take()
  await write('two')
  expect(take()).toMatchObject([{ type: 'changes', from: 2 }])
})

test('[SY66] no hello in time closes with 4408', async () => {
  const closed = new Promise((resolve) => {
    createSyncSession(opened.context, { identity: owner, send: () => {}, close: (code) => resolve(code), buffered: () => 0 }, { helloWithinMs: 1 })
  })
  expect(await closed).toBe(4408)
})

test('[SY67] nothing that waits is stored or sent after a revoke (I9)', async () => {
  const second = await addDevice(opened.context, owner.spaceId)
  const { greet, receive, take, closes } = connect(second)
  await greet()
  take()
  const pushes = [1, 2, 3].map(() => receive({ type: 'push', rq: 1, changes: [second.change('thread', 'thread_0001', { title: 'late' })] }))
  const { tokens, sync } = opened.context
  const revoking = tokens.revoke(await tokens.authenticate(owner.token), second.tokenId)
  await Promise.all([...pushes, revoking])
  const { head } = await sync.status(owner.spaceId, owner.deviceId)
  const acked = take().filter((message) => message.type === 'push-ack').length
  expect(closes).toEqual([{ code: 4403, reason: 'token_revoked' }])
  await receive({ type: 'push', rq: 2, changes: [second.change('thread', 'thread_0001', { title: 'later' })] })
  await write('news')
  expect(take()).toEqual([])
  expect((await sync.status(owner.spaceId, owner.deviceId)).head).toBe(head + 1)
  expect(acked).toBeLessThanOrEqual(head)
})

test('[SY68] a push of several changes over 256 KiB is refused, a single one of that size is taken', async () => {
  const { greet, receive, take } = connect(owner)
  await greet()
  take()
  const text = 'x'.repeat(200 * 1024)
  const [one, two] = [owner.change('setting', 'one', { value: text }), owner.change('setting', 'two', { value: text })]
  await receive({ type: 'push', rq: 1, changes: [one, two] })
  expect(take()).toMatchObject([{ type: 'error', code: 'payload_too_large', rq: 1 }])
  await receive({ type: 'push', rq: 2, changes: [one] })
  expect(take()).toMatchObject([{ type: 'push-ack', upto: 1 }])
})

test('[SY69] frames are answered in the order they came, however long each takes', async () => {
  const { greet, receive, take } = connect(owner)
  const change = owner.change('thread', 'thread_0001', { title: 'x' })
  void greet()
  void receive({ type: 'push', rq: 1, changes: [change] })
  void receive({ type: 'pull', rq: 2, cursor: 0, limit: 5 })
  await receive({ type: 'ping', t: 3, cursor: 0 })
  expect(take().map((message) => message.type)).toEqual(['welcome', 'push-ack', 'page', 'pong'])
})
