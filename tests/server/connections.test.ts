import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { HoldfastException } from '~/shared/errors'
import { addressToNetwork } from '~/server/http/address'
import { createConnectionGate, gateSecure, markKnownPeer } from '~/server/http/connections'
import { createStrangerBytes } from '~/server/http/stranger-bytes'

/** A server that takes two connections of strangers, and knows who asks for `/known`. */
async function openGate(networkOf: (address: string) => string | null) {
  const server = createServer((request, response) => {
    if (request.url === '/known') markKnownPeer(request.socket)
    response.end()
  }).on('connection', createConnectionGate({ limit: 2, networkOf }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port } = address
  /** A connection that is kept, and the status of its first answer. */
  const ask = async (path: string) => {
    const socket = connect({ port, host: '127.0.0.1' })
    onTestFinished(() => void socket.destroy())
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const [data] = await once(socket, 'data') as [Buffer]
    return { socket, status: Number(data.toString().split(' ')[1]) }
  }
  return { ask, count: () => promisify<number>((done) => server.getConnections(done))() }
}

test('[AU108] strangers of one network have so many connections, and each that ends or proves itself makes room', async () => {
  const { ask, count } = await openGate(addressToNetwork)
  const first = await ask('/')
  expect([first.status, (await ask('/')).status, (await ask('/')).status]).toEqual([200, 200, 429])
  first.socket.destroy()
  await expect.poll(count).toBe(1)
  expect([(await ask('/known')).status, (await ask('/')).status, (await ask('/')).status]).toEqual([200, 200, 429])
})

test('[AU108] connections whose TLS handshake is not done count as well, and each once', async () => {
  const psk = Buffer.alloc(16, 7)
  const options = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const
  const server = createSecureServer({ ...options, pskCallback: () => psk }, (_, response) => response.end())
  gateSecure(server, createConnectionGate({ limit: 2, networkOf: addressToNetwork }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  const opened: Socket[] = []
  onTestFinished(() => opened.forEach((socket) => socket.destroy()))
  const secure = async () => {
    const socket = connectSecurely({ ...options, port, host: '127.0.0.1', checkServerIdentity: () => undefined, pskCallback: () => ({ psk, identity: 'a stranger' }) })
    opened.push(socket)
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [data] = await once(socket, 'data') as [Buffer]
    return Number(data.toString().split(' ')[1])
  }
  const raw = async () => {
    const socket = connect({ port, host: '127.0.0.1' })
    opened.push(socket)
    await once(socket, 'connect')
    return socket
  }
  expect(await secure()).toBe(200)
  const silent = await raw()
  const refused = await raw()
  await once(refused, 'close')
  silent.destroy()
  await expect.poll(() => promisify<number>((done) => server.getConnections(done))()).toBe(1)
  expect(await secure()).toBe(200)
})

test('[AU108] a proxy may open as many as it likes', async () => {
  const { ask } = await openGate(() => null)
  for (let i = 0; i < 5; i++) expect((await ask('/')).status).toBe(200)
})

test('[AU111] strangers hold so many bytes together and by network, and what is released may be held again', () => {
  const strangers = createStrangerBytes({ total: 100, perNetwork: 60 })
  const [one, two] = [strangers.open('a'), strangers.open('b')]
  one.hold(60)
  expect(() => strangers.open('a').hold(1)).toThrow(HoldfastException)
  two.hold(40)
  expect(() => strangers.open('c').hold(1)).toThrow(expect.objectContaining({ error: expect.objectContaining({ code: 'rate_limited' }) }))
  one.release()
  one.release()
  expect(() => strangers.open('a').hold(60)).not.toThrow()
})

test.each([
  ['203.0.113.7', '203.0.113.7'], ['::ffff:203.0.113.7', '203.0.113.7'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'], ['2001:db8::1', '2001:db8:0:0::/64'], ['::1', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('[AU108] %s counts as %s', (address, network) => {
  expect(addressToNetwork(address)).toBe(network)
})
