import { createHash, createHmac } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Config } from '~/server/config'
import { openCodeKey } from '~/server/tokens/code-key'
import { claim, request } from './client'
import { startServer, type TestServer } from './harness'

const minute = 60_000
let server: TestServer
let now = Date.now()
const start = async (overrides: Partial<Config> = {}) => {
  await server?.close()
  server = await startServer(overrides, { now: () => now })
}
beforeEach(async () => {
  now = Date.now()
  server = await startServer({}, { now: () => now })
})
afterEach(() => server.close())

const mint = (body: object, headers: Record<string, string> = {}) => request(server, 'POST', '/auth/spsk/mint', { body: { deviceName: 'a device', ...body }, headers })
const pairingCode = async (token: string) => (await request(server, 'POST', '/auth/spsk/pair', { token })).body as { code: string, url: string | null, expiresAt: number }

test('[AU20] the first device on the machine itself claims the server; the second is asked for a code', async () => {
  await claim(server)
  const { status, body } = await mint({})
  expect(status).toBe(401)
  expect(body).toMatchObject({ error: { code: 'unauthorized', details: { reason: 'pairing_needed' } } })
})

test.each([
  ['x-forwarded-for', '127.0.0.1'], ['forwarded', 'for=127.0.0.1'], ['via', '1.1 proxy'], ['cf-connecting-ip', '127.0.0.1'], ['x-forwarded-proto', 'https'],
])('[AU21] with a %s header nobody claims without the code', async (name, value) => {
  const { status, body } = await mint({}, { [name]: value })
  expect(status).toBe(401)
  expect(body).toMatchObject({ error: { details: { reason: 'claim_code_needed' } } })
})

test('[AU22] ten minutes after the start nobody claims without the code', async () => {
  now += 10 * minute
  expect((await mint({})).status).toBe(401)
})

test.each<[string, Partial<Config>]>([['a public address', { publicUrl: 'https://chat.example.org' }], ['a public bind address', { host: '0.0.0.0' }]])(
  '[AU23] with %s nobody claims without the code', async (_, overrides) => {
    await start(overrides)
    expect((await mint({})).status).toBe(401)
    const claimCode = server.context.codes.claimCode() ?? ''
    expect((await mint({ claimCode: claimCode.toLowerCase() })).status).toBe(200)
  },
)

test('[AU24] a wrong claim code is refused even where no code is needed', async () => {
  expect((await mint({ claimCode: 'WRONGONE' })).status).toBe(401)
  await start({ signup: 'open' })
  expect((await mint({ claimCode: 'WRONGONE' })).status).toBe(401)
  expect((await mint({ pairingCode: 'WRONGONE' })).status).toBe(401)
  expect(await server.context.spaces.ids()).toEqual([])
})

test('[AU25] the right claim code on a claimed server is a conflict', async () => {
  const claimCode = server.context.codes.claimCode() ?? ''
  await claim(server)
  expect((await mint({ claimCode })).status).toBe(409)
})

test('[AU26] a pairing code lets one device in, once', async () => {
  const { token, spaceId } = await claim(server)
  const { code } = await pairingCode(token)
  expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{8}$/)
  expect((await mint({ pairingCode: `${code.slice(0, 4)}-${code.slice(4).toLowerCase()}` })).body).toMatchObject({ ok: true, spaceId })
  expect((await mint({ pairingCode: code })).status).toBe(401)
})

test('[AU27] a pairing code ends after ten minutes', async () => {
  const { token } = await claim(server)
  const { code } = await pairingCode(token)
  now += 10 * minute
  expect((await mint({ pairingCode: code })).status).toBe(401)
})

test('[AU28] a pairing code is not used up by a device id that is taken', async () => {
  const { token, deviceId } = await claim(server)
  const { code } = await pairingCode(token)
  expect((await mint({ pairingCode: code, deviceId })).status).toBe(409)
  expect((await mint({ pairingCode: code })).status).toBe(200)
})

test('[AU29] ten thousand wrong codes in ten minutes void the open pairing codes, and never the claim code', async () => {
  const claimCode = server.context.codes.claimCode()
  const { token } = await claim(server)
  const { code: kept } = await pairingCode(token)
  const wrong = async (count: number) => {
    for (let i = 0; i < count; i++) await server.context.codes.countWrong()
  }
  await wrong(9_000)
  now += 10 * minute - 1
  const { code } = await pairingCode(token)
  await wrong(9_999)
  expect((await mint({ pairingCode: code })).status).toBe(200)
  const { code: last } = await pairingCode(token)
  await wrong(1)
  for (const pairingCode of [kept, last]) expect((await mint({ pairingCode })).status).toBe(401)
  expect(server.context.codes.claimCode()).toBe(claimCode)
  expect((await mint({ claimCode })).status).toBe(409)
})

test('[AU30] an address that keeps trying codes is told to wait, longer each time, while tokens still pass', async () => {
  const { token } = await claim(server)
  const { code } = await pairingCode(token)
  for (let i = 0; i < 5; i++) expect((await mint({ pairingCode: 'WRONGONE' })).status).toBe(401)
  const refused = await mint({ pairingCode: code })
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  now += 1_000
  expect((await mint({ claimCode: 'WRONGONE' })).status).toBe(401)
  expect((await mint({ pairingCode: code })).headers.get('retry-after')).toBe('2')
  expect((await request(server, 'GET', '/auth/spsk', { token })).status).toBe(200)
  now += 2_000
  expect((await mint({ pairingCode: code })).status).toBe(200)
})

test('[AU123] wrong tokens from an address do not hold back a right code from it', async () => {
  const { token } = await claim(server)
  const { code } = await pairingCode(token)
  const statuses: number[] = []
  for (let i = 0; i < 31; i++) statuses.push((await request(server, 'GET', '/auth/spsk', { token: 'x'.repeat(43) })).status)
  expect([statuses[29], statuses[30]]).toEqual([401, 429])
  expect((await mint({ pairingCode: code })).status).toBe(200)
})

test('[AU124] a pairing code is stored under a hash whose key lies beside the database, readable by its owner only', async () => {
  const { token } = await claim(server)
  const { code } = await pairingCode(token)
  const row = await server.context.database.selectFrom('pairing_code').selectAll().executeTakeFirstOrThrow()
  expect(row.code_hash).not.toBe(createHash('sha256').update(code).digest('hex'))
  const file = join(server.context.config.dataDir, 'codes.key')
  const key = Buffer.from(await readFile(file, 'utf8'), 'hex')
  expect(row.code_hash).toBe(createHmac('sha256', key).update(code).digest('hex'))
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('[AU124] the key outlives a restart; one that is readable by others is mended, a damaged one made anew', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-key-'))
  const key = openCodeKey(dataDir)
  await chmod(join(dataDir, 'codes.key'), 0o644)
  expect(openCodeKey(dataDir)).toEqual(key)
  expect((await stat(join(dataDir, 'codes.key'))).mode & 0o777).toBe(0o600)
  await writeFile(join(dataDir, 'codes.key'), 'half of i')
  const other = openCodeKey(dataDir)
  expect(other).toHaveLength(32)
  expect(other).not.toEqual(key)
  await rm(dataDir, { recursive: true })
})

test('[AU125] a code of separators only lets nobody in', async () => {
  await start({ claimCode: '--------', host: '0.0.0.0' })
  for (const typed of ['', '-', '--------', '  ']) {
    expect((await mint({ claimCode: typed })).status).toBe(401)
    now += 15 * minute
    expect((await mint({ pairingCode: typed })).status).toBe(401)
    now += 15 * minute
  }
})

test('[AU31] open sign-up gives each device a space of its own; closed sign-up gives none', async () => {
  await start({ signup: 'open' })
  const spaces = [await mint({}), await mint({})].map(({ body }) => (body as { spaceId: string }).spaceId)
  expect(new Set(spaces).size).toBe(2)
  await start({ signup: 'closed' })
  expect((await mint({})).status).toBe(401)
})

test('[AU32] the pairing link carries the code in its fragment, and there is none for a loopback address', async () => {
  const first = await claim(server)
  expect((await pairingCode(first.token)).url).toBeNull()
  await start({ publicUrl: 'https://chat.example.org' })
  const { body } = await mint({ claimCode: server.context.codes.claimCode() ?? '' })
  const { code, url } = await pairingCode((body as { token: string }).token)
  expect(url).toBe(`https://chat.example.org/pair#${code}`)
})

test('[AU33] minting is limited per address', async () => {
  await start({ signup: 'open' })
  const statuses: number[] = []
  for (let i = 0; i < 61; i++) statuses.push((await mint({})).status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(60)
  expect(statuses.at(-1)).toBe(429)
})

test.each([
  ['no name', { deviceName: '' }], ['a name that is too long', { deviceName: 'x'.repeat(81) }], ['a foreign device id', { deviceId: 'NOT-BASE32' }], ['the server\'s id', { deviceId: 'server' }],
])('[AU34] %s is an invalid request', async (_, body) => {
  expect((await mint(body)).body).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
})

test('[AU35] a first device whose answer was lost claims again under its own id; once its token was used nobody does', async () => {
  const again = { deviceName: 'laptop', deviceId: 'abcdefghabcdefgh' }
  const lost = await mint(again)
  expect(lost.status).toBe(200)
  expect((await mint({ deviceName: 'stranger', deviceId: 'bbcdefghabcdefgh' })).status).toBe(401)
  const { status, body } = await mint(again)
  expect(status).toBe(200)
  expect(body).toMatchObject({ spaceId: (lost.body as { spaceId: string }).spaceId })
  const token = (body as { token: string }).token
  expect((await request(server, 'GET', '/auth/spsk', { token })).status).toBe(200)
  expect((await mint(again)).status).toBe(401)
})

test('[ST140] the first device brings its space to a server that nobody owns, and to no other', async () => {
  const spaceId = '01hzzzzzzzzzzzzzzzzzzzzzzz'
  const first = await mint({ spaceId })
  expect(first.body).toMatchObject({ ok: true, spaceId })
  const { code } = await pairingCode((first.body as { token: string }).token)
  expect((await mint({ pairingCode: code, spaceId: '01hyyyyyyyyyyyyyyyyyyyyyyy' })).body).toMatchObject({ ok: true, spaceId })
  expect((await mint({ spaceId: 'none of ours' })).status).toBe(400)
})
