import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Target } from './attack'

const claimCode = 'CLAIMCODE9'
let target: Target
beforeEach(async () => { target = await Target.start({ NUXT_TRUSTED_PROXIES: '127.0.0.1', NUXT_CLAIM_CODE: claimCode }) })
afterEach(() => target.remove())

type Grant = { token: string, tokenId: string, code: string }

/** A request as a proxy passes it on for someone at an address. */
const from = (address: string, path: string, { method = 'POST', token, body }: { method?: string, token?: string, body?: object } = {}): Promise<Response> => fetch(target.url + path, {
  method, headers: { 'x-forwarded-for': address, ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
  ...(body ? { body: JSON.stringify(body) } : {}),
})
const mint = (address: string, body: object) => from(address, '/auth/spsk/mint', { body: { deviceName: 'a device', ...body } })
const statusOf = async (answer: Promise<Response>) => (await answer).status

/** How the socket of a device ends that comes from an address. */
async function closeCodeOf(address: string, token: string): Promise<number> {
  const socket = new WebSocket(`${target.url.replace('http', 'ws')}/sync`, ['holdfast.v1', `spsk.${token}`], { headers: { 'x-forwarded-for': address } })
  const [code] = await once(socket, 'close') as [number]
  return code
}

const stranger = '203.0.113.9'
const owner = '198.51.100.1'

test('[AU29] twenty wrong codes from one address, and from twenty, void neither the claim code nor open pairing codes', async () => {
  const attack = async (kind: string) => {
    const tries = await Promise.all(Array.from({ length: 20 }, () => statusOf(mint(stranger, { [kind]: 'WRONGONE' }))))
    expect(tries.every((status) => status === 401 || status === 429)).toBe(true)
    for (let i = 0; i < 20; i++) expect(await statusOf(mint(`203.0.113.${100 + i}`, { [kind]: 'WRONGONE' }))).toBe(401)
  }
  await attack('claimCode')
  const claimed = await mint(owner, { claimCode })
  expect(claimed.status).toBe(200)
  const { token } = await claimed.json() as Grant
  const { code } = await (await from(owner, '/auth/spsk/pair', { token })).json() as Grant
  await attack('pairingCode')
  expect(await statusOf(mint(owner, { pairingCode: code }))).toBe(200)
})

/** Thirty-one tries of a token that is none. */
async function tryTokens(address: string): Promise<void> {
  const statuses: number[] = []
  for (let i = 0; i < 31; i++) statuses.push(await statusOf(from(address, '/auth/spsk', { method: 'GET', token: 'x'.repeat(43) })))
  expect([statuses[0], statuses[30]]).toEqual([401, 429])
}

test('[AU123] thirty-one wrong tokens from an address do not hold back a right code from it', async () => {
  const { token } = await (await mint(owner, { claimCode })).json() as Grant
  const { code } = await (await from(owner, '/auth/spsk/pair', { token })).json() as Grant
  await tryTokens(stranger)
  expect(await statusOf(mint(stranger, { pairingCode: code }))).toBe(200)
})

test('[AU127] a device that was signed out hears so, however many wrong tokens its address has tried', async () => {
  const { token } = await (await mint(owner, { claimCode })).json() as Grant
  const second = await (await from(owner, '/auth/spsk/mint', { token, body: { deviceName: 'second' } })).json() as Grant
  expect(await statusOf(from(owner, `/auth/spsk/${second.tokenId}`, { method: 'DELETE', token }))).toBe(200)
  await tryTokens(stranger)
  expect(await closeCodeOf(stranger, 'x'.repeat(43))).toBe(4429)
  expect(await closeCodeOf(stranger, second.token)).toBe(4403)
})
