import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { message, request, session, shareClient, text } from './client'

let server: TestServer
let client: ReturnType<typeof shareClient>
beforeAll(async () => {
  server = await startServer()
  client = shareClient(server.url)
})
afterAll(() => server.close())

test('[SH2] a share has a random id, a secret, and an address at the server\'s own origin', async () => {
  const [one, two] = [await client.create(), await client.create()]
  expect(one.id).toMatch(/^[A-Za-z0-9_-]{22}$/)
  expect(one.url).toBe(`${server.url}/share/${one.id}`)
  expect(two.id).not.toBe(one.id)
  expect(two.secret).not.toBe(one.secret)
})

test('[SH2] an empty share is an empty array, with no secret in it', async () => {
  const { id } = await client.create()
  const answer = await client.data(id)
  expect(answer.body).toEqual([])
  expect(answer.headers.get('cache-control')).toBe('private, no-store')
})

test('[SH43] doubled slashes anywhere in an address are one, also from a foreign page', async () => {
  const { id, secret } = await client.create()
  const synced = await request(`${server.url}//api//share/${id}///sync`, 'POST', { secret, data: [session('Slashed')] }, { origin: 'https://elsewhere.example' })
  expect(synced).toMatchObject({ status: 200, body: { success: true, syncCount: 1 } })
  expect(synced.headers.get('access-control-allow-origin')).toBe('*')
  expect((await request(`${server.url}/api/share//${id}//data?x=//`)).body).toEqual([session('Slashed')])
  expect((await request(`${server.url}//api//sharing`, 'POST', {})).status).toBe(404)
})

test('[SH3] the last item of a key wins, over batches and within one', async () => {
  const { id, secret } = await client.create()
  expect((await client.sync(id, secret, [session('One'), message('msg_1', 'user'), text('msg_1', 'first')])).body).toEqual({ success: true, syncCount: 1 })
  expect((await client.sync(id, secret, [session('Two'), text('msg_1', 'second'), session('Three')])).body).toEqual({ success: true, syncCount: 2 })
  expect((await client.data(id)).body).toEqual([message('msg_1', 'user'), text('msg_1', 'second'), session('Three')])
})

test('[SH3] an item of an unknown type is kept as it came', async () => {
  const { id, secret } = await client.create()
  const newer = [{ type: 'messages', data: { sessionID: 'ses_one', messages: [{ id: 'm', type: 'user' }] } }, { type: 'todo', data: [1, { two: null }] }]
  await client.sync(id, secret, newer)
  expect((await client.data(id)).body).toEqual(newer)
})

test('[SH3] a bad item is left out and named, the rest of its batch is stored', async () => {
  const { id, secret } = await client.create()
  const answer = await client.sync(id, secret, [{ type: 'message', data: {} }, 'nothing', { type: 'part' }, session('Kept')])
  expect(answer.status).toBe(200)
  expect((answer.body as { rejected: { index: number }[] }).rejected.map(({ index }) => index)).toEqual([0, 1, 2])
  expect((await client.data(id)).body).toEqual([session('Kept')])
})

test('[SH4] options, headers and addresses of a model are emptied before they are stored', async () => {
  const { id, secret } = await client.create()
  const model = { id: 'm', providerID: 'p', name: 'Model', options: { apiKey: 'sk-1' }, headers: { 'x-key': 'sk-2' }, api: { id: 'm', url: 'https://sk-3@host', npm: 'n' }, variants: { high: { reasoningEffort: 'high', headers: { a: 'sk-4' } } } }
  await client.sync(id, secret, [{ type: 'model', data: [model] }])
  const stored = await client.data(id)
  expect(stored.text).not.toMatch(/sk-\d/)
  expect(stored.body).toEqual([{ type: 'model', data: [{ id: 'm', providerID: 'p', name: 'Model', options: {}, headers: {}, api: { id: 'm', url: '', npm: 'n' }, variants: { high: { reasoningEffort: 'high' } } }] }])
})

test('[SH5] the sorted form names session, messages, parts, diffs, models and metadata', async () => {
  const { id, secret } = await client.create()
  await client.sync(id, secret, [session('Sorted'), message('msg_1', 'user'), text('msg_1', 'hi'), { type: 'session_diff', data: [{ file: 'a' }] }, { type: 'model', data: [{ id: 'm' }] }])
  const { body } = await client.info(id)
  expect(body).toMatchObject({
    session: session('Sorted').data, messages: [message('msg_1', 'user').data], parts: [text('msg_1', 'hi').data], diffs: [{ file: 'a' }], models: [{ id: 'm' }],
    metadata: { syncCount: 1, lastUpdated: expect.any(Number) },
  })
})

test('[SH6] a deleted share is gone for everyone, and deleting it again succeeds', async () => {
  const { id, secret } = await client.create()
  await client.sync(id, secret, [session('Gone')])
  expect((await client.remove(id, secret)).status).toBe(200)
  for (const answer of [await client.data(id), await client.info(id), await client.sync(id, secret, []), await request(`${server.url}/share/${id}`)]) expect(answer.status).toBe(404)
  expect((await client.data(id)).body).toMatchObject({ error: `Share not found: ${id}` })
  expect((await client.remove(id, secret)).status).toBe(200)
})

test('[SH7] any page may read and, with the secret, write', async () => {
  const { id, secret } = await client.create()
  const origin = { origin: 'https://elsewhere.example' }
  const preflight = await request(`${server.url}/api/share/${id}/sync`, 'OPTIONS', undefined, { ...origin, 'access-control-request-method': 'POST' })
  expect(preflight.status).toBe(204)
  const answers = [preflight, await request(`${server.url}/api/share/${id}/data`, 'GET', undefined, origin), await request(`${server.url}/api/share/${id}/sync`, 'POST', { secret, data: [] }, origin)]
  for (const answer of answers) expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answers.map(({ status }) => status)).toEqual([204, 200, 200])
})

test('[SH8] without a key only this machine may create, and not for a foreign page or through a proxy', async () => {
  const create = (headers: Record<string, string>) => request(`${server.url}/api/share`, 'POST', { sessionID: 'ses' }, headers)
  expect((await create({ origin: 'https://elsewhere.example' })).status).toBe(403)
  expect((await create({ 'x-forwarded-for': '203.0.113.9' })).status).toBe(403)
  expect((await create({})).status).toBe(200)
})

test('[SH8] the server\'s owner may let everyone create, or nobody', async () => {
  for (const [shareAnonymous, status] of [['on', 200], ['off', 403]] as const) {
    const other = await startServer({ shareAnonymous })
    expect((await request(`${other.url}/api/share`, 'POST', { sessionID: 'ses' }, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(status)
    await other.close()
  }
})

test('[SH8] a server with a public address takes nobody for local, and names that address', async () => {
  const other = await startServer({ publicUrl: 'https://chat.example', shareAnonymous: 'on' })
  expect((await shareClient(other.url).create()).url).toMatch(/^https:\/\/chat\.example\/share\//)
  await other.close()
  const closed = await startServer({ publicUrl: 'https://chat.example' })
  expect((await request(`${closed.url}/api/share`, 'POST', { sessionID: 'ses' })).status).toBe(403)
  await closed.close()
})

test('[SH9] what the store holds of a secret is its hash', async () => {
  const { id, secret } = await client.create()
  const row = await server.context.database.selectFrom('share').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  expect(JSON.stringify(row)).not.toContain(secret)
  expect(row.secret_hash).toMatch(/^[0-9a-f]{64}$/)
})
