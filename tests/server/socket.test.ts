import { once } from 'node:events'
import { WebSocket } from 'ws'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { titleChange } from './changes'
import { addDevice, addSpace, claim, request, TestSocket, type Grant } from './client'
import { startServer, type TestServer } from './harness'

const day = 24 * 60 * 60 * 1000
let server: TestServer
let now = Date.now()
let first: Grant
beforeEach(async () => {
  now = Date.now()
  server = await startServer({}, { now: () => now })
  first = await claim(server)
})
afterEach(() => server.close())

/** The status of a refused upgrade. */
async function refusedUpgrade(protocols: string[], headers: Record<string, string> = {}, path = '/sync'): Promise<number> {
  const socket = new WebSocket(server.url.replace('http', 'ws') + path, protocols, { headers })
  const [, response] = await once(socket, 'unexpected-response') as [unknown, { statusCode: number }]
  socket.on('error', () => socket.terminate())
  socket.terminate()
  return response.statusCode
}

test('[SY71] a socket without a well-formed token is refused with 401', async () => {
  expect(await refusedUpgrade(['holdfast.v1'])).toBe(401)
  expect(await refusedUpgrade(['holdfast.v1', 'spsk.short'])).toBe(401)
  expect(await refusedUpgrade([`spsk.${first.token}`])).toBe(401)
})

test('[SY72] a socket from a foreign page or to a foreign host name is refused with 403, one elsewhere with 404', async () => {
  const protocols = ['holdfast.v1', `spsk.${first.token}`]
  expect(await refusedUpgrade(protocols, { origin: 'https://evil.example' })).toBe(403)
  expect(await refusedUpgrade(protocols, { host: 'evil.example' })).toBe(403)
  expect(await refusedUpgrade(protocols, {}, '/healthz')).toBe(404)
})

test('[SY73] a well-formed token that fails is let in and closed with its code', async () => {
  const unknown = await TestSocket.open(server, 'x'.repeat(43))
  expect(await unknown.closed).toEqual({ code: 4401, reason: 'unauthorized' })
  const second = await addDevice(server, first.token)
  await request(server, 'DELETE', `/auth/spsk/${second.tokenId}`, { token: first.token })
  expect(await (await TestSocket.open(server, second.token)).closed).toEqual({ code: 4403, reason: 'token_revoked' })
  now = first.expiresAt
  expect(await (await TestSocket.open(server, first.token)).closed).toEqual({ code: 4401, reason: 'token_expired' })
})

test('[AU127] a device that was signed out or has expired hears which, however many wrong tokens its address has tried', async () => {
  const second = await addDevice(server, first.token)
  await request(server, 'DELETE', `/auth/spsk/${second.tokenId}`, { token: first.token })
  for (let i = 0; i < 31; i++) await request(server, 'GET', '/auth/spsk', { token: 'x'.repeat(43) })
  expect(await (await TestSocket.open(server, 'x'.repeat(43))).closed).toEqual({ code: 4429, reason: 'rate_limited' })
  expect(await (await TestSocket.open(server, second.token)).closed).toEqual({ code: 4403, reason: 'token_revoked' })
  now = first.expiresAt
  expect(await (await TestSocket.open(server, first.token)).closed).toEqual({ code: 4401, reason: 'token_expired' })
})

test('[SY74] a change pushed on one socket arrives on the space\'s other sockets, and nowhere else', async () => {
  const other = await addSpace(server)
  const [a, b, c] = [await TestSocket.greet(server, first), await TestSocket.greet(server, await addDevice(server, first.token)), await TestSocket.greet(server, other)]
  const change = titleChange(first.deviceId, 1, 'Hello')
  a.send({ type: 'push', rq: 7, changes: [change] })
  expect(await a.next()).toEqual({ type: 'push-ack', rq: 7, upto: 1, from: 1, to: 1 })
  expect(await b.next()).toEqual({ type: 'changes', from: 1, to: 1, changes: [{ ...change, seq: 1, device: first.deviceId }] })
  c.send({ type: 'pull', rq: 1, cursor: 0, limit: 10 })
  expect(await c.next()).toMatchObject({ type: 'page', changes: [], to: 0 })
})

test('[SY75] malformed frames are answered, in order, and the socket goes on', async () => {
  const socket = await TestSocket.greet(server, first)
  for (const frame of ['{', '[]', '{"type":"nonsense"}', '{"type":"push","rq":3,"changes":[{"n":0}]}', '{"type":"pull","rq":4,"cursor":-1,"limit":5}']) socket.send(frame)
  socket.send({ type: 'ping', t: 5, cursor: 0 })
  for (let i = 0; i < 3; i++) expect(await socket.nextOf('error')).toMatchObject({ code: 'invalid_request' })
  expect(await socket.nextOf('error')).toMatchObject({ code: 'invalid_request', rq: 3 })
  expect(await socket.nextOf('error')).toMatchObject({ rq: 4 })
  expect(await socket.next()).toEqual({ type: 'pong', t: 5, now, head: 0 })
})

test('[SY104] a pull that asks for more than a page may hold gets a page, as over HTTP', async () => {
  const socket = await TestSocket.greet(server, first)
  socket.send({ type: 'pull', rq: 1, cursor: 0, limit: 100_000 })
  expect(await socket.nextOf('page')).toMatchObject({ rq: 1, from: 1, changes: [], more: false })
  expect((await request(server, 'GET', '/pull?limit=100000', { token: first.token })).body).toMatchObject({ ok: true, from: 1, changes: [] })
})

test('[SY76] a frame over 1 MiB closes the socket with 1009, and the server lives', async () => {
  const socket = await TestSocket.greet(server, first)
  socket.send('x'.repeat(1024 * 1024 + 1))
  expect((await socket.closed).code).toBe(1009)
  expect((await request(server, 'GET', '/healthz')).status).toBe(200)
})

test('[SY77] frames sent before the token was looked up are answered in their order', async () => {
  const socket = await TestSocket.open(server, first.token)
  socket.hello(first)
  for (let t = 1; t <= 20; t++) socket.send({ type: 'ping', t, cursor: 0 })
  await socket.nextOf('welcome')
  for (let t = 1; t <= 20; t++) expect(await socket.nextOf('pong')).toMatchObject({ t })
})

test('[SY78] anything before hello is refused', async () => {
  const socket = await TestSocket.open(server, first.token)
  socket.send({ type: 'pull', rq: 1, cursor: 0, limit: 1 })
  expect(await socket.nextOf('error')).toMatchObject({ code: 'invalid_request', rq: 1 })
})

test('[SY79] a newer socket of the same device replaces the older one', async () => {
  const older = await TestSocket.greet(server, first)
  await TestSocket.greet(server, first)
  expect(await older.closed).toEqual({ code: 4409, reason: 'conflict' })
})

test('[SY80] another protocol version or an older schema is told to reload', async () => {
  for (const difference of [{ v: 2 }, { schema: 0 }]) {
    const socket = await TestSocket.open(server, first.token)
    socket.hello(first, difference)
    expect(await socket.closed).toEqual({ code: 4426, reason: 'upgrade_required' })
  }
})

test('[SY81] a hello for another device or space is unauthorized', async () => {
  const second = await addDevice(server, first.token)
  const other = await addSpace(server)
  for (const claimed of [{ ...first, deviceId: second.deviceId }, { ...first, spaceId: other.spaceId }]) {
    const socket = await TestSocket.open(server, first.token)
    socket.hello(claimed)
    expect((await socket.closed).code).toBe(4401)
  }
})

test('[SY82] a token in its last third is announced as expiring, renews on the socket, and the socket outlives the old end', async () => {
  now = first.expiresAt - 10 * day
  const socket = await TestSocket.greet(server, first)
  expect(await socket.nextOf('token-expiring')).toEqual({ type: 'token-expiring', at: first.expiresAt })
  socket.send({ type: 'renew' })
  const { token, expiresAt } = await socket.nextOf('token-renewed')
  expect(expiresAt).toBe(now + 30 * day)
  now = first.expiresAt
  server.context.hub.sweep(now)
  socket.send({ type: 'ping', t: 1, cursor: 0 })
  expect(await socket.nextOf('pong')).toMatchObject({ t: 1 })
  expect((await request(server, 'GET', '/auth/spsk', { token })).status).toBe(200)
})

test('[SY83] a socket whose token ends is closed with 4401', async () => {
  const socket = await TestSocket.greet(server, first)
  now = first.expiresAt
  server.context.hub.sweep(now)
  expect(await socket.closed).toEqual({ code: 4401, reason: 'token_expired' })
})

test('[SY84] the socket\'s path asked for over HTTP answers 426', async () => {
  const { status, body } = await request(server, 'GET', '/sync')
  expect(status).toBe(426)
  expect(body).toMatchObject({ error: { code: 'upgrade_required' } })
})
