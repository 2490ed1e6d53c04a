import { afterEach, beforeEach, expect, test } from 'vitest'
import { pullAnswerSchema } from '~/shared/protocol/pull'
import { change, titleChange } from './changes'
import { addDevice, addSpace, claim, request, type Grant } from './client'
import { startServer, type TestServer } from './harness'

let server: TestServer
let first: Grant
let now = Date.now()
beforeEach(async () => {
  now = Date.now()
  server = await startServer({}, { now: () => now })
  first = await claim(server)
})
afterEach(() => server.close())

const push = (grant: Grant, changes: object[]) => request(server, 'POST', '/push', { token: grant.token, body: { changes } })
const pull = async (grant: Grant, query = 'cursor=0') => (await request(server, 'GET', `/pull?${query}`, { token: grant.token })).body
const entities = (spaceId: string) => server.context.database.selectFrom('entity').selectAll().where('space', '=', spaceId).execute()

test('[SY90] a push is numbered, acknowledged and pulled by every device of the space, its own included', async () => {
  const second = await addDevice(server, first.token)
  const changes = [titleChange(first.deviceId, 1, 'one', { at: now }), titleChange(first.deviceId, 2, 'two', { at: now })]
  expect((await push(first, changes)).body).toEqual({ ok: true, upto: 2, head: 2, from: 1, to: 2 })
  const page = await pull(second)
  expect(page).toEqual({
    ok: true, from: 1, to: 2, more: false, head: 2, upto: 0, uptoClock: null,
    changes: changes.map((item, index) => ({ ...item, seq: index + 1, device: first.deviceId })),
  })
  expect(pullAnswerSchema.safeParse(page).success).toBe(true)
  expect(await pull(first)).toMatchObject({ upto: 2, uptoClock: changes[1]!.h })
})

test('[SY4] a change pushed twice is stored once', async () => {
  const changes = [titleChange(first.deviceId, 1, 'one', { at: now })]
  await push(first, changes)
  expect((await push(first, changes)).body).toEqual({ ok: true, upto: 1, head: 1, from: 2, to: 1 })
  expect((await push(first, [...changes, titleChange(first.deviceId, 2, 'two', { at: now })])).body).toMatchObject({ upto: 2, from: 2, to: 2 })
})

test('[SY92] a push that leaves a number out is refused whole', async () => {
  const { status, body } = await push(first, [titleChange(first.deviceId, 2, 'two', { at: now })])
  expect(status).toBe(409)
  expect(body).toMatchObject({ ok: false, error: { code: 'push_gap' }, upto: 0, now })
  const inside = await push(first, [titleChange(first.deviceId, 1, 'one', { at: now }), titleChange(first.deviceId, 3, 'three', { at: now })])
  expect(inside.status).toBe(400)
  expect(await pull(first)).toMatchObject({ head: 0 })
})

test('[SY93] a batch with a clock more than 60 s ahead is refused whole, one within is taken', async () => {
  const ahead = [titleChange(first.deviceId, 1, 'one', { at: now }), titleChange(first.deviceId, 2, 'two', { at: now + 60_001 })]
  const { status, body } = await push(first, ahead)
  expect(status).toBe(409)
  expect(body).toMatchObject({ error: { code: 'clock_skew' }, upto: 0, now })
  expect((await push(first, [titleChange(first.deviceId, 1, 'one', { at: now + 60_000 })])).status).toBe(200)
})

test.each<[string, (device: string) => object, string]>([
  ['an unknown table', (device) => change(device, 1, 'user', 'thread_0001', { title: 'x' }), 'invalid_request'],
  ['an unknown column', (device) => change(device, 1, 'thread', 'thread_0001', { owner: 'x' }), 'invalid_request'],
  ['a prototype\'s name as a column', (device) => change(device, 1, 'thread', 'thread_0001', { constructor: 'x' }), 'invalid_request'],
  ['a value of the wrong kind', (device) => change(device, 1, 'thread', 'thread_0001', { pinned: 'yes' }), 'invalid_request'],
  ['a malformed clock', (device) => ({ ...titleChange(device, 1, 'x'), h: 'yesterday' }), 'invalid_request'],
  ['a malformed key', (device) => change(device, 1, 'thread', 'no key', { title: 'x' }), 'invalid_request'],
  ['a key with a zero character', (device) => change(device, 1, 'setting', 'a\u0000b', { value: 1 }), 'invalid_request'],
  ['a part of an answer\'s cell', (device) => change(device, 1, 'message', 'message_01', { status: 'final' }), 'invalid_request'],
  ['too large a change', (device) => change(device, 1, 'setting', 'big', { value: 'x'.repeat(256 * 1024) }), 'payload_too_large'],
])('[SY95] %s is rejected, uses up its number, and blocks nothing', async (_, bad, code) => {
  const { status, body } = await push(first, [bad(first.deviceId), titleChange(first.deviceId, 2, 'good', { at: now })])
  expect(status).toBe(200)
  expect(body).toMatchObject({ upto: 2, from: 1, to: 1, rejected: [{ n: 1, code }] })
  expect(await entities(first.spaceId)).toHaveLength(1)
})

test('[SY96] two spaces never see each other, even with the same device and keys', async () => {
  const other = await addSpace(server)
  await push(first, [titleChange(first.deviceId, 1, 'mine', { at: now })])
  await push(other, [titleChange(other.deviceId, 1, 'theirs', { at: now })])
  for (const [grant, title] of [[first, 'mine'], [other, 'theirs']] as const) {
    expect(await pull(grant)).toMatchObject({ head: 1, changes: [{ c: { title } }] })
  }
  const fingerprint = async (grant: Grant) => (await request(server, 'GET', '/fingerprint', { token: grant.token })).body
  expect(await fingerprint(first)).not.toEqual(await fingerprint(other))
})

test('[SY97] pages are bounded by number and size, and carry at least one change', async () => {
  const text = 'x'.repeat(200 * 1024)
  for (let n = 1; n <= 4; n++) await push(first, [change(first.deviceId, n, 'setting', `setting ${n}`, { value: text }, now)])
  expect(await pull(first, 'cursor=0&limit=1')).toMatchObject({ from: 1, to: 1, more: true })
  expect(await pull(first)).toMatchObject({ from: 1, to: 2, more: true })
  expect(await pull(first, 'cursor=2')).toMatchObject({ from: 3, to: 4, more: false })
  expect(await pull(first, 'cursor=4')).toMatchObject({ from: 5, to: 4, changes: [], more: false })
})

test.each(['cursor=-1', 'cursor=abc', 'limit=0', 'cursor=1e3', 'limit=', 'cursor=99999999999999999999'])('[SY98] /pull?%s is an invalid request', async (query) => {
  expect(await pull(first, query)).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
})

test('[SY99] more than 500 changes are an invalid request and consume nothing', async () => {
  const changes = Array.from({ length: 501 }, (_, index) => titleChange(first.deviceId, index + 1, 'x', { at: now }))
  expect((await push(first, changes)).status).toBe(400)
  expect(await pull(first)).toMatchObject({ head: 0, upto: 0 })
})

test('[SY100] a push changes all of what it touches or nothing', async () => {
  await server.context.database.schema.alterTable('device').renameTo('device_away').execute()
  const failed = await push(first, [titleChange(first.deviceId, 1, 'x', { at: now })])
  await server.context.database.schema.alterTable('device_away').renameTo('device').execute()
  expect(failed.status).toBe(500)
  expect(await entities(first.spaceId)).toEqual([])
  expect(await pull(first)).toMatchObject({ head: 0, changes: [] })
})

test('[SY101] a device gives back rows that others wrote, with the clocks they had', async () => {
  const reply = { n: 1, t: 'message', k: 'message_01', h: `${String(now).padStart(13, '0')}:00000:server`, c: { status: 'final', parts: [], usage: null, error: null } }
  expect((await push(first, [reply])).body).toMatchObject({ ok: true, upto: 1, from: 1, to: 1 })
})
