import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from '../server/harness'
import { message, request, session, shareClient, text } from './client'

const day = 24 * 60 * 60 * 1000

test('[SH16] a share over its quota refuses the batch whole and keeps what it had', async () => {
  const server = await startServer({}, { shareQuotas: { shareItems: 3, shareBytes: 2_000 } })
  const client = shareClient(server.url)
  const { id, secret } = await client.create()
  await client.sync(id, secret, [session('Kept')])
  const many = await client.sync(id, secret, [session('Lost'), message('m1', 'user'), message('m2', 'user'), message('m3', 'user')])
  const long = await client.sync(id, secret, [session('x'.repeat(3_000))])
  expect([many.status, long.status]).toEqual([413, 413])
  expect((await client.data(id)).body).toEqual([session('Kept')])
  expect((await client.sync(id, secret, [])).body).toMatchObject({ syncCount: 2 })
  await server.close()
})

test('[SH34] those who create without a key share one bound on their number', async () => {
  const server = await startServer({}, { shareQuotas: { anonymousShares: 2 } })
  const create = () => request(`${server.url}/api/share`, 'POST', { sessionID: 'ses' })
  expect([(await create()).status, (await create()).status, (await create()).status]).toEqual([200, 200, 429])
  await server.close()
})

test('[SH17] one address creates and guesses only so often, and is told when to come back', async () => {
  const server = await startServer({}, { shareQuotas: { createsPerMinute: 3, failuresPerTenMinutes: 2 } })
  const client = shareClient(server.url)
  const { id, secret } = await client.create()
  await client.create()
  await client.create()
  const refused = await request(`${server.url}/api/share`, 'POST', { sessionID: 'ses' })
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  const answers = ['guess', 'guess', 'guess', secret].map((tried) => () => client.sync(id, tried, []))
  const statuses: number[] = []
  for (const send of answers) statuses.push((await send()).status)
  // The right one still passes: nobody is locked out by the guesses of others behind the same address.
  expect(statuses).toEqual([403, 403, 429, 200])
  await server.close()
})

test('[SH42] one address reads page, data and files only so often, and is told when to come back', async () => {
  const server = await startServer({}, { shareQuotas: { readsPerMinute: 6 } })
  const client = shareClient(server.url)
  const { id, secret } = await client.create()
  await client.sync(id, secret, [session('Wintergreen')])
  const paths = [`/api/share/${id}`, `/api/share/${id}/data`, `/share/${id}`, `/share/${id}/version`, `/share/${id}/download?format=md`, `/share/${id}/download`]
  const readAll = async () => {
    const answers = []
    for (const path of paths) answers.push(await request(server.url + path))
    return answers
  }
  expect((await readAll()).map(({ status }) => status)).toEqual(paths.map(() => 200))
  const refused = await readAll()
  expect(refused.map(({ status }) => status)).toEqual(paths.map(() => 429))
  for (const { headers, text } of refused) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(text).not.toContain('Wintergreen')
  }
  expect(refused[0]?.body).toMatchObject({ code: 'rate_limited' })
  expect((await client.sync(id, secret, [])).status).toBe(200)
  await server.close()
})

test('[SH18] a share that was created by nobody and never filled goes after a day', async () => {
  let now = Date.parse('2026-11-21T06:00:00Z')
  const server = await startServer({}, { now: () => now })
  const client = shareClient(server.url)
  const [empty, filled] = [await client.create('ses_empty'), await client.create('ses_filled')]
  await client.sync(filled.id, filled.secret, [session('Filled')])
  now += day + 1
  expect(await server.context.shares.expiry.sweep()).toBe(1)
  expect([(await client.data(empty.id)).status, (await client.data(filled.id)).status]).toEqual([404, 200])
  await server.close()
})

test('[SH37] what is deleted is gone from the disk', async () => {
  const server = await startServer()
  const client = shareClient(server.url)
  const { id, secret } = await client.create()
  const canary = `canary-${'w'.repeat(9_000)}-end`
  await client.sync(id, secret, [session('Title canary-in-title'), message('m1', 'user'), text('m1', canary)])
  const onDisk = (word: string) => readdirSync(server.context.config.dataDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /sqlite/.test(name)).some((name) => readFileSync(join(server.context.config.dataDir, name)).includes(word))
  expect(onDisk('canary-w')).toBe(true)
  await client.remove(id, secret)
  expect([onDisk('canary-w'), onDisk('canary-in-title'), onDisk('w-end')]).toEqual([false, false, false])
  await server.close()
})

test('[SH56] a body of more values than a share may bring is refused whole; what stands in a text counts for nothing', async () => {
  const server = await startServer({}, { shareQuotas: { bodyValues: 40 } })
  const client = shareClient(server.url)
  const { id, secret } = await client.create()
  expect((await client.sync(id, secret, [session('a, [b], {c}, "d", \\'.repeat(20))])).status).toBe(200)
  const many = [Array(40).fill(1), Array(40).fill({}), Array(40).fill([]), [{ type: 'session', data: Object.fromEntries(Array(40).fill(0).entries()) }]]
  for (const data of many) expect((await client.sync(id, secret, data)).status).toBe(413)
  await server.close()
})
