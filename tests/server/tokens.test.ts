import { afterEach, beforeEach, expect, test } from 'vitest'
import { addDevice, addSpace, claim, request, TestSocket } from './client'
import { startServer, type TestServer } from './harness'

const day = 24 * 60 * 60 * 1000
let server: TestServer
let now = Date.now()
beforeEach(async () => {
  now = Date.now()
  server = await startServer({}, { now: () => now })
})
afterEach(() => server.close())

const list = async (token: string) => (await request(server, 'GET', '/auth/spsk', { token })).body as { devices: { id: string, deviceName: string, current: boolean, online: boolean }[] }

test('[AU1] a token authenticates as Bearer, also under the header\'s alias', async () => {
  const { token } = await claim(server)
  expect((await request(server, 'GET', '/auth/spsk', { token })).status).toBe(200)
  expect((await request(server, 'GET', '/auth/spsk', { headers: { authentication: `Bearer ${token}` } })).status).toBe(200)
})

test.each([
  ['no token', {}],
  ['an unknown token', { authorization: `Bearer ${'x'.repeat(43)}` }],
  ['a malformed token', { authorization: 'Bearer short' }],
  ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
])('[AU2] %s is unauthorized', async (_, headers) => {
  const { status, body } = await request(server, 'GET', '/auth/spsk', { headers })
  expect(status).toBe(401)
  expect(body).toMatchObject({ ok: false, error: { code: 'unauthorized', retryable: false } })
})

test('[AU3] the server stores no token and no code, only hashes', async () => {
  const { token } = await claim(server)
  const { body } = await request(server, 'POST', '/auth/spsk/pair', { token })
  const rows = JSON.stringify([
    await server.context.database.selectFrom('client_token').selectAll().execute(),
    await server.context.database.selectFrom('pairing_code').selectAll().execute(),
  ])
  expect(rows).not.toContain(token)
  expect(rows).not.toContain((body as { code: string }).code)
})

test('[AU4] a Bearer mints for the same space; a device id that is signed in there is a conflict', async () => {
  const first = await claim(server)
  const second = await addDevice(server, first.token, 'phone')
  expect(second.spaceId).toBe(first.spaceId)
  const taken = await request(server, 'POST', '/auth/spsk/mint', { token: first.token, body: { deviceName: 'x', deviceId: second.deviceId } })
  expect(taken.status).toBe(409)
  expect(taken.body).toMatchObject({ error: { code: 'conflict' } })
})

test('[AU5] devices are listed and renamed, each by any device of the space', async () => {
  const first = await claim(server, 'laptop')
  now += 1
  const second = await addDevice(server, first.token, 'phone')
  expect((await request(server, 'PATCH', `/auth/spsk/${second.tokenId}`, { token: first.token, body: { deviceName: ' tablet ' } })).status).toBe(200)
  expect((await list(first.token)).devices).toMatchObject([{ deviceName: 'laptop', current: true, online: false }, { deviceName: 'tablet', current: false }])
})

test('[AU6] a revoked token is refused, its socket closes with 4403, and nothing it sends is stored', async () => {
  const first = await claim(server)
  now += 1
  const second = await addDevice(server, first.token)
  const socket = await TestSocket.greet(server, second)
  expect((await list(first.token)).devices.map((device) => device.online)).toEqual([false, true])
  await request(server, 'DELETE', `/auth/spsk/${second.tokenId}`, { token: first.token })
  expect(await socket.closed).toEqual({ code: 4403, reason: 'token_revoked' })
  const { status, body } = await request(server, 'POST', '/push', { token: second.token, body: { changes: [] } })
  expect(status).toBe(403)
  expect(body).toMatchObject({ error: { code: 'token_revoked' } })
  expect((await list(first.token)).devices).toHaveLength(1)
})

test('[AU7] a revoked device may come back under its own id', async () => {
  const first = await claim(server)
  const second = await addDevice(server, first.token)
  await request(server, 'DELETE', `/auth/spsk/${second.tokenId}`, { token: first.token })
  const again = await request(server, 'POST', '/auth/spsk/mint', { token: first.token, body: { deviceName: 'back', deviceId: second.deviceId } })
  expect(again.body).toMatchObject({ ok: true, deviceId: second.deviceId, spaceId: first.spaceId })
})

test('[AU8] the old token works until the new one is first used, and keeps the token\'s id', async () => {
  const { token, tokenId } = await claim(server)
  const { body } = await request(server, 'POST', '/auth/spsk/renew', { token })
  const renewed = body as { token: string, tokenId: string }
  expect(renewed.tokenId).toBe(tokenId)
  expect((await request(server, 'GET', '/auth/spsk', { token })).status).toBe(200)
  expect((await request(server, 'GET', '/auth/spsk', { token: renewed.token })).status).toBe(200)
  expect((await request(server, 'GET', '/auth/spsk', { token })).status).toBe(401)
})

test('[AU9] a renewal whose answer was lost is simply asked for again', async () => {
  const { token } = await claim(server)
  await request(server, 'POST', '/auth/spsk/renew', { token })
  const { body } = await request(server, 'POST', '/auth/spsk/renew', { token })
  expect((await request(server, 'GET', '/auth/spsk', { token: (body as { token: string }).token })).status).toBe(200)
})

test('[AU10] an expired token can renew for 90 days, and do nothing else', async () => {
  const { token, expiresAt } = await claim(server)
  now = expiresAt
  expect((await request(server, 'GET', '/auth/spsk', { token })).body).toMatchObject({ error: { code: 'token_expired' } })
  now = expiresAt + 89 * day
  const { body } = await request(server, 'POST', '/auth/spsk/renew', { token })
  expect((await request(server, 'GET', '/auth/spsk', { token: (body as { token: string }).token })).status).toBe(200)
})

test('[AU11] after 90 days an expired token renews no more, and its device may pair again under its own id', async () => {
  const { token, expiresAt, spaceId, deviceId } = await claim(server)
  now = expiresAt + 90 * day
  expect((await request(server, 'POST', '/auth/spsk/renew', { token })).body).toMatchObject({ error: { code: 'token_expired' } })
  const { code } = await server.context.codes.issue(spaceId)
  const { body } = await request(server, 'POST', '/auth/spsk/mint', { body: { deviceName: 'back', deviceId, pairingCode: code } })
  expect(body).toMatchObject({ ok: true, deviceId, spaceId })
})

test('[AU12] devices of another space can be neither seen, renamed nor revoked', async () => {
  const first = await claim(server)
  const other = await addSpace(server)
  expect((await list(other.token)).devices).toHaveLength(1)
  for (const [method, body] of [['PATCH', { deviceName: 'mine now' }], ['DELETE', undefined]] as const) {
    const { status } = await request(server, method, `/auth/spsk/${first.tokenId}`, { token: other.token, ...(body ? { body } : {}) })
    expect(status).toBe(404)
  }
  expect((await request(server, 'GET', '/auth/spsk', { token: first.token })).status).toBe(200)
})
