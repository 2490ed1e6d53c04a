import { createConnection } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claim, request, type Grant } from './client'
import { startServer, type TestServer } from './harness'

let server: TestServer
let first: Grant
beforeAll(async () => {
  server = await startServer({ publicUrl: 'https://chat.example.org', signup: 'open' })
  first = await claim(server)
})
afterAll(() => server.close())

const code = (body: unknown) => (body as { error: { code: string } }).error.code
/** A request with a Host of our choice, which fetch does not send. */
async function rawStatus(host: string, path = '/healthz'): Promise<number> {
  const { hostname, port } = new URL(server.url)
  const socket = createConnection(Number(port), hostname)
  socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  let text = ''
  socket.on('data', (data) => { text += data.toString() })
  await once(socket, 'close')
  return Number(text.split(' ')[1])
}

test.each([
  ['localhost:3000', 200], ['127.0.0.1:80', 200], ['192.168.1.20', 200], ['[::1]:3000', 200], ['chat.example.org', 200],
  ['evil.example', 403], ['localhost.evil.example', 403], ['chat.example.org.evil.example', 403], ['', 403], ['a b', 403],
])('[AU40] Host %s answers %i', async (host, status) => {
  // Node itself refuses some malformed Host headers with 400: that is as good a refusal.
  expect([status, status === 403 ? 400 : status]).toContain(await rawStatus(host))
})

test.each([
  ['our own', () => server.url, 200], ['the public one', () => 'https://chat.example.org', 200], ['none', () => undefined, 200],
  ['a foreign one', () => 'https://evil.example', 403], ['an opaque one', () => 'null', 403], ['another port', () => 'http://127.0.0.1:1', 403],
])('[AU41] a mutating request whose Origin is %s', async (_, origin, status) => {
  const headers: Record<string, string> = origin() === undefined ? {} : { origin: origin()! }
  const answer = await request(server, 'POST', '/push', { token: first.token, body: { changes: [] }, headers })
  expect(answer.status).toBe(status)
  if (status === 403) expect(code(answer.body)).toBe('origin_forbidden')
})

test('[AU42] a foreign page may not be told anything, but reading is not refused for its Origin', async () => {
  const { status, headers } = await request(server, 'GET', '/healthz', { headers: { origin: 'https://evil.example' } })
  expect(status).toBe(200)
  expect(headers.get('access-control-allow-origin')).toBeNull()
})

test.each([
  ['malformed JSON', { raw: '{"changes":' }, 400, 'invalid_request'],
  ['bytes that are not UTF-8', { raw: undefined, bytes: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'invalid_request'],
  ['a body of another shape', { raw: '{"changes":"none"}' }, 400, 'invalid_request'],
  ['no body', {}, 400, 'invalid_request'],
  ['text', { raw: '{"changes":[]}', type: 'text/plain' }, 415, 'unsupported_media_type'],
  ['a form', { raw: 'changes=1', type: 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
])('[AU43] %s is a typed error', async (_, { raw, bytes, type = 'application/json' }: { raw?: string, bytes?: Uint8Array, type?: string }, status, expected) => {
  const response = await fetch(`${server.url}/push`, {
    method: 'POST', body: bytes ? Buffer.from(bytes) : raw ?? null, headers: { 'authorization': `Bearer ${first.token}`, 'content-type': type },
  })
  expect(response.status).toBe(status)
  expect(code(await response.json())).toBe(expected)
})

test('[AU44] a body over the limit is refused before it is read, and the server lives', async () => {
  const { status, body } = await request(server, 'POST', '/auth/spsk/mint', { body: { deviceName: 'x'.repeat(1024 * 1024) } })
  expect(status).toBe(413)
  expect(code(body)).toBe('payload_too_large')
  expect((await request(server, 'GET', '/healthz')).status).toBe(200)
})

test('[AU45] a body that grows over the limit without saying its length is refused too', async () => {
  const chunk = new Uint8Array(64 * 1024).fill(0x20)
  let sent = 0
  const stream = new ReadableStream({ pull: (controller) => (sent++ < 64 ? controller.enqueue(chunk) : controller.close()) })
  const response = await fetch(`${server.url}/auth/spsk/mint`, { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'application/json' } } as RequestInit)
    .then((answer) => answer.status, () => 'cut off')
  expect([413, 'cut off']).toContain(response)
  expect((await request(server, 'GET', '/healthz')).status).toBe(200)
})

test('[AU46] every answer carries the security headers', async () => {
  const { headers } = await request(server, 'GET', '/healthz')
  const policy = headers.get('content-security-policy') ?? ''
  for (const part of ['default-src \'none\'', 'script-src \'self\' \'wasm-unsafe-eval\'', 'worker-src \'self\'', 'frame-ancestors \'none\'', 'base-uri \'none\'', 'https://openrouter.ai']) {
    expect(policy).toContain(part)
  }
  expect(policy).not.toContain('\'unsafe-inline\' \'unsafe-eval\'')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
})

test('[AU47] a shared page is sandboxed', async () => {
  const response = await fetch(`${server.url}/share/unknown-share`)
  expect(response.headers.get('content-security-policy')).toContain('sandbox allow-scripts allow-popups allow-downloads')
})

test('[AU48] what breaks on the server is answered as internal, without its words', async () => {
  const { database } = server.context
  await database.schema.alterTable('device').renameTo('device_away').execute()
  const { status, body } = await request(server, 'GET', '/pull?cursor=0', { token: first.token })
  await database.schema.alterTable('device_away').renameTo('device').execute()
  expect(status).toBe(500)
  expect(body).toEqual({ ok: false, error: { code: 'internal', message: 'something went wrong on the server', retryable: true } })
})
