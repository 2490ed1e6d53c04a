import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { message, request, session, shareClient, text } from '../shares/client'
import { tediousPdf } from '../blobs/samples'
import { Target } from './attack'
import { Device } from './device'

let target: Target
beforeAll(async () => { target = await Target.start({ NUXT_SIGNUP: 'open', NUXT_SEND_TIMEOUT_SECONDS: '4' }) })
afterAll(() => target.remove())

/** A device of a space of its own; answers how it uploads. */
async function join(): Promise<(bytes: Buffer, mime: string) => Promise<number>> {
  const minted = await fetch(`${target.url}/auth/spsk/mint`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"deviceName":"stranger"}' })
  const { token } = await minted.json() as { token: string }
  return async (bytes, mime) => {
    const name = createHash('sha256').update(bytes).digest('hex')
    const answer = await fetch(`${target.url}/blob/${name}`, {
      method: 'PUT', headers: { 'authorization': `Bearer ${token}`, 'content-type': mime }, body: bytes as Uint8Array<ArrayBuffer>,
    })
    await answer.arrayBuffer()
    return answer.status
  }
}

test('[BL42] files that take long to look into hold up neither the server nor another space', async () => {
  const [hostile, neighbour] = [await join(), await join()]
  const { result, times } = await target.slowdown(() => Promise.all([
    ...[1, 2].map((number) => hostile(tediousPdf(number), 'application/pdf')),
    neighbour(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'),
  ]))
  expect(result).toEqual([415, 415, 201])
  expect(times).toBeLessThanOrEqual(10)
})

const mebibyte = 1024 * 1024

/** Asks for something and takes no more of the answer than tells that it has begun. */
async function stall(path: string, token?: string): Promise<Socket> {
  const socket = await target.connect()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${token ? `Authorization: Bearer ${token}\r\n` : ''}\r\n`)
  const [first] = await once(socket, 'data') as [Buffer]
  socket.pause()
  expect(first.toString('latin1')).toMatch(/^HTTP\/1.1 200 /)
  return socket
}

test('[SH50] a hundred readers who do not read hold one copy of a long share, nobody up, and nothing in the end', async () => {
  const client = shareClient(target.url)
  const { id, secret } = await client.create()
  const long = Array.from({ length: 30 }, (_, index) => [message(`msg_${index}`, 'assistant'), text(`msg_${index}`, `${index} ${'words and more '.repeat(70_000)}`)]).flat()
  expect((await client.sync(id, secret, [session('Long'), ...long])).status).toBe(200)
  const paths = [`/api/share/${id}/data`, `/api/share/${id}`, `/share/${id}`, `/share/${id}/download?format=html`]
  // What it takes to make them is taken once, by whoever comes first.
  const { result: made, times } = await target.slowdown(() => Promise.all(paths.map((path) => request(target.url + path))))
  for (const { text } of made) expect(text.length).toBeGreaterThan(1_000_000)
  expect(times).toBeLessThanOrEqual(10)

  const [memory, descriptors] = [await target.memory(), await target.descriptors()]
  const stalled = await target.slowdown(async () => {
    const sockets = await Promise.all(Array.from({ length: 120 }, (_, index) => stall(paths[index % paths.length]!)))
    expect(await target.descriptors()).toBeGreaterThan(descriptors + 100)
    expect(await target.memory() - memory).toBeLessThan(64 * mebibyte)
    return sockets
  })
  expect(stalled.times).toBeLessThanOrEqual(10)
  // Their side is never closed: the server lets go of them.
  await expect.poll(() => target.descriptors(), { timeout: 30_000 }).toBeLessThanOrEqual(descriptors)
  for (const socket of stalled.result) socket.destroy()
})

test('[AU113] devices that do not read an attachment, an image or rows hold little of them, and are cut off', async () => {
  const device = await Device.join(target)
  const bytes = Buffer.alloc(30 * mebibyte, 'word ')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const headers = { 'authorization': `Bearer ${device.token}`, 'content-type': 'text/plain' }
  expect((await fetch(`${target.url}/blob/${sha256}`, { method: 'PUT', headers, body: bytes })).status).toBe(201)
  for (let row = 0; row < 100; row++) await device.push([{ t: 'setting', k: `long-${row}`, c: { value: 'word '.repeat(40_000) } }])
  const paths = [`/blob/${sha256}`, '/snapshot/0', '/snapshot/0?format=rows']
  for (const path of paths) expect((await (await device.ask(path)).arrayBuffer()).byteLength).toBeGreaterThan(15 * mebibyte)

  const [memory, descriptors] = [await target.memory(), await target.descriptors()]
  const sockets = await Promise.all(Array.from({ length: 90 }, (_, index) => stall(paths[index % paths.length]!, device.token)))
  expect(await target.memory() - memory).toBeLessThan(128 * mebibyte)
  await expect.poll(() => target.descriptors(), { timeout: 30_000 }).toBeLessThanOrEqual(descriptors)
  for (const socket of sockets) socket.destroy()
})

test('[SH56] a share of millions of small things is refused and holds nobody up', async () => {
  const client = shareClient(target.url)
  const { id, secret } = await client.create()
  const bodies = [`[${'1,'.repeat(14_000_000)}1]`, `[${'{},'.repeat(1_900_000)}{}]`, '['.repeat(30_000_000)]
  const { result, times } = await target.slowdown(async () => {
    const statuses = []
    for (const data of bodies) statuses.push((await request(`${target.url}/api/share/${id}/sync`, 'POST', `{"secret":"${secret}","data":${data}}`)).status)
    return statuses
  })
  expect(result).toEqual([413, 413, 413])
  expect(times).toBeLessThanOrEqual(10)
})
