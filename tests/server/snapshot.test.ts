import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fingerprintAnswerSchema } from '~/shared/protocol/fingerprint'
import { titleChange } from './changes'
import { claim, request, type Grant } from './client'
import { startServer, type TestServer } from './harness'

let server: TestServer
let first: Grant
beforeEach(async () => {
  server = await startServer()
  first = await claim(server)
  await request(server, 'POST', '/push', { token: first.token, body: { changes: [titleChange(first.deviceId, 1, 'kept')] } })
})
afterEach(() => server.close())

const load = (path: string, token = first.token) => fetch(server.url + path, { headers: { authorization: `Bearer ${token}` } })

test('[SY54] the image is a SQLite file of the length that was announced', async () => {
  const response = await load('/snapshot/1')
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(response.headers.get('content-type')).toBe('application/vnd.sqlite3')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(Number(response.headers.get('content-length'))).toBe(bytes.length)
  expect(bytes.subarray(0, 15).toString()).toBe('SQLite format 3')
})

test('[SY55] as rows it is NDJSON with a head and an end', async () => {
  const response = await load('/snapshot/1?format=rows')
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  const lines = (await response.text()).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
  expect(lines).toMatchObject([{ seq: 1, rows: 1 }, { t: 'thread', k: 'thread_0001', c: { title: 'kept' } }, { end: true, rows: 1 }])
})

test.each([['/snapshot/abc', 400], ['/snapshot/1?format=zip', 400], ['/snapshot/-1', 400]])('[SY56] %s is refused', async (path, status) => {
  expect((await load(path)).status).toBe(status)
})

test('[SY57] without a token there is neither image nor fingerprint', async () => {
  for (const path of ['/snapshot/1', '/snapshot/1?format=rows', '/fingerprint', '/pull']) expect((await fetch(server.url + path)).status).toBe(401)
})

test('[SY58] the fingerprint counts the live rows of each table', async () => {
  const answer = fingerprintAnswerSchema.parse(await (await load('/fingerprint')).json())
  expect(answer.head).toBe(1)
  expect(Object.entries(answer.tables).map(([table, { rows }]) => [table, rows])).toEqual([['thread', 1], ['message', 0], ['label', 0], ['setting', 0]])
})

test('[SY59] a reader that leaves in the middle does no harm', async () => {
  const abort = new AbortController()
  const response = await fetch(`${server.url}/snapshot/1`, { headers: { authorization: `Bearer ${first.token}` }, signal: abort.signal })
  const reader = response.body!.getReader()
  await reader.read()
  abort.abort()
  await expect(reader.read()).rejects.toThrow()
  expect((await load('/snapshot/1')).status).toBe(200)
  expect(await readdir(join(server.context.config.dataDir, 'snapshots'))).toHaveLength(1)
})
