import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readToEnd, Target } from './attack'

const mebibyte = 1024 * 1024
let target: Target
let token: string
/** A share of this machine's own, as the agent makes one. */
let share: { id: string, secret: string }
let sockets: Socket[] = []

beforeAll(async () => {
  target = await Target.start({ NUXT_BLOB_SPACE_BYTES: '1000' })
  token = (await json(await fetch(`${target.url}/auth/spsk/mint`, post({ deviceName: 'owner' })))).token as string
  share = await json(await fetch(`${target.url}/api/share`, post({ sessionID: 'ses_one' }))) as typeof share
})
afterAll(() => target.remove())
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets = []
})

const json = async (answer: Response) => await answer.json() as Record<string, unknown>
const post = (body: unknown): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** Begins `count` requests at once, sends of each body all but its last byte, and keeps the connections. */
async function leaveUnfinished(count: number, request: string, body: Buffer): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => {
    const socket = await target.connect()
    sockets.push(socket)
    socket.resume()
    socket.write(`${request} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length + 1}\r\n\r\n`)
    // Sent, or the server has ended the connection.
    await Promise.race([new Promise((resolve) => socket.write(body, resolve)), once(socket, 'close')])
  }))
}

const long = (start: string, length: number) => Buffer.concat([Buffer.from(start), Buffer.alloc(length - start.length, 'x')])

test.each([
  ['deleting no share', 40, () => ['DELETE /api/share/x', long('{"secret":"', 31 * mebibyte)]],
  ['a share without its secret', 20, () => [`POST /api/share/${share.id}/sync`, long('{"data":["', 31 * mebibyte)]],
  ['a share with a wrong secret', 20, () => [`POST /api/share/${share.id}/sync`, long('{"secret":"wrong","data":["', 31 * mebibyte)]],
  ['a mint', 500, () => ['POST /auth/spsk/mint', long('{"deviceName":"', mebibyte)]],
  ['a renewal', 500, () => ['POST /auth/spsk/renew', long('{"deviceName":"', mebibyte)]],
] as [string, number, () => [string, Buffer]][])('[AU102] %s: unfinished bodies of strangers take no memory and nobody waits', async (_, count, attack) => {
  await target.delay(50)
  const before = await target.memory()
  const [request, body] = attack()
  const sending = leaveUnfinished(count, request, body)
  await target.delay(20)
  await sending
  await target.delay(20)
  expect(await target.memory() - before).toBeLessThan(64 * mebibyte)
})

/** The status of what a raw connection is answered, once it has been closed by the server. */
async function statusOf(...lines: string[]): Promise<number> {
  const socket = await target.connect()
  const answered = readToEnd(socket)
  socket.write(lines.map((line) => `${line}\r\n`).join('') + '\r\n')
  return Number((await answered).split(' ')[1])
}

const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']

test.each([
  ['http://', 'localhost'], ['*', 'localhost'], ['http://[', 'localhost'], ['//', 'localhost'], ['/nothing', 'localhost'],
  ['/sync', 'a b'], ['/sync', '['], ['/sync', 'localhost:99999'], ['/sync', 'evil.example'], ['/sync', 'localhost'],
])('[AU103] an upgrade of %s at host %s is answered 4xx, and its connection closed', async (path, host) => {
  const status = await statusOf(`GET ${path} HTTP/1.1`, `Host: ${host}`, ...upgrade)
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
})

test('[AU104] a wish for another protocol is ignored: the request is answered as it is', async () => {
  expect(await statusOf('GET /healthz HTTP/1.1', 'Host: localhost', 'Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk')).toBe(200)
  const body = '{"deviceName":"x","pairingCode":"AAAAAAAA"}'
  const head = ['POST /auth/spsk/mint HTTP/1.1', 'Host: localhost', 'Connection: upgrade', 'Upgrade: h2c', 'Content-Type: application/json', `Content-Length: ${body.length}`]
  const socket = await target.connect()
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`)
  socket.write(body.slice(10))
  const [answer] = await once(socket, 'data') as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /)
  socket.destroy()
})

test('[AU105] a flood of half-done upgrades takes no descriptor for longer than its clients stay', async () => {
  const few = await Target.start({}, { descriptors: 400 })
  try {
    await few.delay(20)
    const before = await few.descriptors()
    for (let i = 0; i < 500; i++) {
      const socket = await few.connect()
      socket.write(`GET ${['http://', '*', 'http://[', '/sync'][i % 4]} HTTP/1.1\r\nHost: ${i % 8 < 4 ? 'localhost' : '['}\r\n${upgrade.join('\r\n')}\r\n\r\n`)
      socket.destroySoon()
    }
    await expect.poll(() => few.descriptors()).toBeLessThan(before + 20)
    await few.delay(20)
    expect(few.app.log).not.toMatch(/\n\s+at /)
  } finally {
    await few.remove()
  }
})

const blob = `/blob/${'0'.repeat(64)}`

test('[AU106] why a large upload is refused is heard by fetch', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const full = await fetch(target.url + blob, { method: 'PUT', headers: { ...headers, 'content-type': 'text/plain' }, body: Buffer.alloc(30 * mebibyte) })
  expect([full.status, (await json(full)).error]).toEqual([507, expect.objectContaining({ code: 'storage_full' })])
  const large = await fetch(`${target.url}/push`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: Buffer.alloc(30 * mebibyte, ' ') })
  expect([large.status, (await json(large)).error]).toEqual([413, expect.objectContaining({ code: 'payload_too_large' })])
  const shared = await fetch(`${target.url}/api/share/${share.id}/sync`, { ...post({ secret: share.secret, data: ['x'.repeat(40 * mebibyte)] }) })
  expect([shared.status, (await json(shared)).code]).toEqual([413, 'payload_too_large'])
})

test('[AU106] why a large upload is refused is heard by curl, and by a client that listens only at its end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-upload-'))
  const file = join(folder, 'file')
  await writeFile(file, Buffer.alloc(30 * mebibyte))
  const { stdout } = await promisify(execFile)('curl', ['-s', '-T', file, '-H', `Authorization: Bearer ${token}`, '-w', '\n%{http_code}', target.url + blob])
  await rm(folder, { recursive: true })
  expect(stdout).toMatch(/storage_full[^]*\n507$/)
  const socket = await target.connect()
  socket.write(`PUT ${blob} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${30 * mebibyte}\r\n\r\n`)
  for (let sent = 0; sent < 30; sent++) await new Promise((resolve) => socket.write(Buffer.alloc(mebibyte), resolve))
  expect(await readToEnd(socket)).toMatch(/^HTTP\/1.1 507 [^]*storage_full/)
})
