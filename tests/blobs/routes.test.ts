import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { png } from './samples'
import { eventually, openSpace, readTraces } from './space'
import { sha256 } from './store-contract'

let server: TestServer
beforeAll(async () => { server = await startServer({ blobMaxBytes: 1_000_000 }) })
afterAll(() => server.close())

test('[BL1] bytes that were put come back as they were, with their length, type and tag', async () => {
  const space = await openSpace(server)
  const bytes = png(40_000)
  const put = await space.put(bytes, 'image/png')
  expect(put.status).toBe(201)
  expect(await put.json()).toEqual({ ok: true, sha256: sha256(bytes), size: bytes.byteLength, mime: 'image/png' })
  expect((await space.put(bytes, 'image/png')).status).toBe(200)
  const got = await space.get(sha256(bytes))
  expect(got.status).toBe(200)
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true)
  expect(Object.fromEntries(got.headers)).toMatchObject({ 'content-type': 'image/png', 'content-length': String(bytes.byteLength), 'etag': `"${sha256(bytes)}"`, 'accept-ranges': 'bytes' })
  const head = await space.head(sha256(bytes))
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.byteLength)])
})

test('[BL17] a space that is full answers 507, keeps what it holds, and leaves others alone', async () => {
  const small = await startServer({ blobSpaceBytes: 1_500 })
  const [full, other] = [await openSpace(small), await openSpace(small)]
  const first = randomBytes(1_000)
  expect((await full.put(first, 'application/octet-stream')).status).toBe(201)
  const before = await readTraces(small)
  const refused = await full.put(randomBytes(501), 'application/octet-stream')
  expect(refused.status).toBe(507)
  expect(await refused.json()).toMatchObject({ ok: false, error: { code: 'storage_full', details: { used: 1_000, quota: 1_500 } } })
  await eventually(() => readTraces(small)).toEqual(before)
  expect((await full.put(first, 'application/octet-stream')).status).toBe(200)
  expect((await other.put(randomBytes(1_500), 'application/octet-stream')).status).toBe(201)
  await small.close()
})

test('[BL2] without a good token nothing is told and nothing is taken', async () => {
  const space = await openSpace(server)
  const bytes = randomBytes(10)
  await space.put(bytes, 'application/octet-stream')
  const attempts: Record<string, string>[] = [{}, { authorization: `Bearer ${'x'.repeat(43)}` }]
  for (const headers of attempts) {
    for (const method of ['GET', 'HEAD', 'PUT']) {
      const response = await fetch(`${server.url}/blob/${sha256(bytes)}`, { method, headers, ...(method === 'PUT' ? { body: Uint8Array.from(bytes) } : {}) })
      expect(response.status).toBe(401)
    }
  }
})

test('[BL4] a space sees its own blobs only, and must bring the bytes of one that another space holds', async () => {
  const [one, other] = [await openSpace(server), await openSpace(server)]
  const bytes = randomBytes(5_000)
  await one.put(bytes, 'application/octet-stream')
  const name = sha256(bytes)
  expect([(await other.head(name)).status, (await other.get(name)).status]).toEqual([404, 404])
  expect((await other.put(randomBytes(5_000), 'application/octet-stream', name)).status).toBe(400)
  expect((await other.head(name)).status).toBe(404)
  expect((await other.put(bytes, 'application/octet-stream')).status).toBe(201)
  expect((await other.head(name)).status).toBe(200)
})

test('[BL7] every answer forbids sniffing and scripts, and only harmless types are shown in place', async () => {
  const space = await openSpace(server)
  const samples: [Uint8Array, string, 'inline' | 'attachment'][] = [
    [png(100), 'image/png', 'inline'], [Buffer.from('plain'), 'text/plain', 'inline'], [Buffer.from('<script>alert(1)</script>'), 'text/html', 'attachment'],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml', 'attachment'], [Buffer.from('%PDF-1.7\n%%EOF'), 'application/pdf', 'attachment'],
    [Buffer.from('alert(1)'), 'text/javascript', 'attachment'], [randomBytes(50), 'application/octet-stream', 'attachment'],
  ]
  for (const [bytes, mime, place] of samples) {
    expect((await space.put(bytes, mime)).status).toBe(201)
    const got = await space.get(sha256(bytes))
    expect(got.headers.get('content-disposition')).toMatch(new RegExp(`^${place};`))
    expect(got.headers.get('x-content-type-options')).toBe('nosniff')
    expect(got.headers.get('content-security-policy')).toContain('sandbox')
    expect(got.headers.get('content-security-policy')).not.toContain('allow-scripts')
    await got.arrayBuffer()
  }
})

test('[BL8] ranges are answered as RFC 9110 says', async () => {
  const space = await openSpace(server)
  const bytes = randomBytes(1_000)
  const name = sha256(bytes)
  await space.put(bytes, 'application/octet-stream')
  const cases: [string, number, string | null, Buffer | null][] = [
    ['bytes=0-0', 206, 'bytes 0-0/1000', bytes.subarray(0, 1)], ['bytes=990-', 206, 'bytes 990-999/1000', bytes.subarray(990)],
    ['bytes=-10', 206, 'bytes 990-999/1000', bytes.subarray(990)], ['bytes=500-5000', 206, 'bytes 500-999/1000', bytes.subarray(500)],
    ['bytes=-5000', 206, 'bytes 0-999/1000', bytes], ['bytes=1000-', 416, 'bytes */1000', null], ['bytes=-0', 416, 'bytes */1000', null],
    ['bytes=5-1', 200, null, bytes], ['bytes=0-1,5-6', 200, null, bytes], ['lines=1-2', 200, null, bytes], ['bytes=-', 200, null, bytes],
  ]
  for (const [range, status, contentRange, body] of cases) {
    const got = await space.get(name, { range })
    expect([range, got.status, got.headers.get('content-range')]).toEqual([range, status, contentRange])
    const received = Buffer.from(await got.arrayBuffer())
    if (body) expect(received.equals(body)).toBe(true)
  }
  expect((await space.get(name, { 'range': 'bytes=0-0', 'if-range': '"other"' })).status).toBe(200)
  expect((await space.get(name, { 'if-none-match': `"${name}"` })).status).toBe(304)
})

test('[BL3] an upload that breaks off halfway leaves nothing behind', async () => {
  const space = await openSpace(server)
  const before = await readTraces(server)
  const bytes = randomBytes(100_000)
  const { port } = new URL(server.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`PUT /blob/${sha256(bytes)} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${space.bearer.authorization}\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`)
  await new Promise((resolve) => socket.write(bytes.subarray(0, 50_000), resolve))
  await eventually(async () => (await readTraces(server)).files.length).toBe(before.files.length + 1)
  socket.destroy()
  await eventually(() => readTraces(server)).toEqual(before)
})

test('[BL3] a body without a length is taken up to the limit and no further', async () => {
  const space = await openSpace(server)
  const before = await readTraces(server)
  const send = (size: number) => {
    const bytes = randomBytes(size)
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes)
        controller.close()
      },
    })
    return fetch(`${server.url}/blob/${sha256(bytes)}`, { method: 'PUT', body, headers: space.bearer, duplex: 'half' } as RequestInit)
  }
  const refused = await send(1_000_001)
  expect([refused.status, await refused.json()]).toMatchObject([413, { ok: false, error: { code: 'payload_too_large' } }])
  expect(await readTraces(server)).toEqual(before)
  expect((await send(1_000_000)).status).toBe(201)
})

test('[BL6] a device that is signed out during its upload stores nothing', async () => {
  const space = await openSpace(server)
  const before = await readTraces(server)
  const bytes = randomBytes(1_000)
  let finish: () => void = () => undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.subarray(0, 500))
      finish = () => {
        controller.enqueue(bytes.subarray(500))
        controller.close()
      }
    },
  })
  const answer = fetch(`${server.url}/blob/${sha256(bytes)}`, { method: 'PUT', body, headers: space.bearer, duplex: 'half' } as RequestInit)
  await eventually(async () => (await readTraces(server)).files.length).toBe(before.files.length + 1)
  await server.context.tokens.revoke({ spaceId: space.spaceId, deviceId: space.deviceId, tokenId: space.tokenId, expiresAt: 0 }, space.tokenId)
  finish()
  expect((await answer).status).toBe(403)
  expect(await readTraces(server)).toEqual(before)
})
