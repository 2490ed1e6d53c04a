import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { message, request, session, shareClient, text, type Created } from './client'

let server: TestServer
let client: ReturnType<typeof shareClient>
let share: Created
let other: Created
beforeAll(async () => {
  server = await startServer()
  client = shareClient(server.url)
  share = await client.create()
  other = await client.create('ses_two')
  await client.sync(share.id, share.secret, [session('Untouched')])
})
afterAll(() => server.close())

const bytes = (...values: number[]) => new Uint8Array(values)
const withBrokenText = () => new Uint8Array([...new TextEncoder().encode(`{"secret":"${share.secret}","data":[{"type":"session","data":{"title":"`), 0xc3, 0x28, ...new TextEncoder().encode('"}}]}')])
const api = (path: string) => `${server.url}/api/share${path}`

/** What is sent, and the status and words of its answer. */
const table: [name: string, send: () => ReturnType<typeof request>, status: number, error: RegExp][] = [
  ['a wrong secret', () => client.sync(share.id, 'wrong', [session('Forged')]), 403, /secret/],
  ['the secret of another share', () => client.sync(share.id, other.secret, [session('Forged')]), 403, /secret/],
  ['an empty secret', () => client.sync(share.id, '', [session('Forged')]), 400, /not as expected/],
  ['a secret that is no text', () => request(api(`/${share.id}/sync`), 'POST', { secret: { $ne: null }, data: [] }), 400, /not as expected/],
  ['no secret', () => request(api(`/${share.id}/sync`), 'POST', { data: [] }), 400, /not as expected/],
  ['a forged id', () => client.sync('AAAAAAAAAAAAAAAAAAAAAA', share.secret, [session('Forged')]), 404, /not found/],
  ['an id that is a path', () => client.sync('..%2f..%2fetc', share.secret, []), 404, /not found/],
  ['deleting with a wrong secret', () => client.remove(share.id, 'wrong'), 403, /secret/],
  ['deleting without a secret', () => request(api(`/${share.id}`), 'DELETE', {}), 400, /missing/],
  ['reading an unknown share', () => client.data('unknown_unknown_unknow'), 404, /not found/],
  ['an unknown address', () => request(api(`/${share.id}/secret`)), 404, /no such address/],
  ['a method that is not there', () => request(api(`/${share.id}/sync`), 'DELETE', { secret: share.secret }), 405, /POST/],
  ['no body', () => request(api(''), 'POST'), 400, /Malformed/],
  ['a body that is no JSON', () => request(api(''), 'POST', '{"sessionID":'), 400, /Malformed/],
  ['a body that is an array', () => request(api(''), 'POST', []), 400, /not as expected/],
  ['a session id that is a number', () => request(api(''), 'POST', { sessionID: 7 }), 400, /not as expected/],
  ['data that is no list', () => request(api(`/${share.id}/sync`), 'POST', { secret: share.secret, data: { length: 1 } }), 400, /not as expected/],
  ['broken UTF-8', () => request(api(`/${share.id}/sync`), 'POST', withBrokenText()), 400, /UTF-8/],
  ['bytes that are no text', () => request(api(`/${share.id}/sync`), 'POST', bytes(0xff, 0xfe, 0x00)), 400, /UTF-8/],
  ['a body of 33 MB', () => request(api(`/${share.id}/sync`), 'POST', { secret: share.secret, data: [session('x'.repeat(33 * 1024 * 1024))] }), 413, /larger/],
]

test.each(table)('[SH10] %s is refused in words, and nothing of it is stored', async (_name, send, status, error) => {
  const answer = await send()
  expect(answer.status).toBe(status)
  expect((answer.body as { error: string }).error).toMatch(error)
  expect((await client.data(share.id)).body).toEqual([session('Untouched')])
})

test('[SH10] 33 MB sent in pieces without a length are refused as well', async () => {
  const piece = new TextEncoder().encode('x'.repeat(1024 * 1024))
  let left = 33
  const body = new ReadableStream<Uint8Array>({ pull(controller) { if (left-- > 0) controller.enqueue(piece); else controller.close() } })
  const response = await fetch(api(`/${share.id}/sync`), { method: 'POST', body, duplex: 'half' } as RequestInit)
  expect(response.status).toBe(413)
})

test('[SH10] a replayed delete succeeds and deletes nothing more', async () => {
  const doomed = await client.create('ses_doomed')
  expect((await client.remove(doomed.id, doomed.secret)).status).toBe(200)
  expect((await client.remove(doomed.id, doomed.secret)).status).toBe(200)
  expect((await client.remove(doomed.id, 'anything')).status).toBe(200)
  expect((await client.data(share.id)).status).toBe(200)
})

test('[SH10] 10,000 items in one body are taken whole', async () => {
  const { id, secret } = await client.create('ses_long')
  const items = Array.from({ length: 5_000 }, (_, index) => [message(`msg_${index}`, 'user'), text(`msg_${index}`, `text ${index}`)]).flat()
  expect((await client.sync(id, secret, items)).body).toEqual({ success: true, syncCount: 1 })
  expect((await client.data(id)).body).toHaveLength(10_000)
})

test('[SH10] names that reach for prototypes change nothing, here or in who reads them', async () => {
  const { id, secret } = await client.create('ses_proto')
  const body = `{"secret":"${secret}","data":[{"type":"session","data":{"id":"s","title":"T","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}},{"type":"part","data":{"id":"__proto__","messageID":"constructor","type":"text","text":"t"}},{"type":"__proto__","data":{"a":1}}]}`
  expect((await request(api(`/${id}/sync`), 'POST', body)).status).toBe(200)
  const stored = await client.data(id)
  expect(stored.text).not.toContain('"__proto__":')
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  expect((await request(`${server.url}/share/${id}`)).status).toBe(200)
  expect((await client.info(id)).status).toBe(200)
})

test('[SH10] an item nested beyond reason is left out, not the batch', async () => {
  const { id, secret } = await client.create('ses_deep')
  const deep = '['.repeat(200_000) + ']'.repeat(200_000)
  const answer = await request(api(`/${id}/sync`), 'POST', `{"secret":"${secret}","data":[{"type":"part","data":{"id":"p","messageID":"m","type":"text","text":${deep}}},{"type":"session","data":{"title":"T"}}]}`)
  expect(answer.body).toMatchObject({ success: true, rejected: [{ index: 0 }] })
  expect((await client.data(id)).body).toEqual([{ type: 'session', data: { title: 'T' } }])
  const part = (depth: number) => `{"type":"part","data":{"id":"p${depth}","messageID":"m","type":"tool","state":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}`
  const mixed = await request(api(`/${id}/sync`), 'POST', `{"secret":"${secret}","data":[${part(63)},${part(64)},${part(3_000)}]}`)
  expect(mixed.body).toMatchObject({ success: true, rejected: [{ index: 1 }, { index: 2 }] })
  expect((await request(`${server.url}/share/${id}`)).status).toBe(200)
})

test('[SH10] a text with U+0000 and half a surrogate pair comes back as it was', async () => {
  const { id, secret } = await client.create('ses_text')
  await client.sync(id, secret, [session('a\u0000b\ud800c')])
  expect((await client.data(id)).body).toEqual([session('a\u0000b\ud800c')])
})
