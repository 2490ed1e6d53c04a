import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createFlows } from '~/server/tokens/flows'
import { createPostgres, hasPostgres, postgresName } from '../runs/postgres'
import { Lab, newId, readRunEvents } from '../runs/support'
import { addDevice, request, TestSocket, type Grant } from './client'
import { startServer } from './harness'
import { large, SlowReader } from './slow-reader'

describe.each([{ name: 'SQLite', on: 'sqlite', skip: false }, { name: postgresName, on: 'postgres', skip: !hasPostgres }])('what flows for a token on $name', ({ on, skip }) => {
  if (skip) return it.skip('needs a database', () => undefined)
  let lab: Lab
  let database: Awaited<ReturnType<typeof createPostgres>> | undefined
  let now = Date.now()
  const bytes = randomBytes(large)
  const blob = `/blob/${createHash('sha256').update(bytes).digest('hex')}`

  beforeAll(async () => {
    database = on === 'postgres' ? await createPostgres() : undefined
    lab = await Lab.open({ databaseUrl: database?.url ?? null }, { now: () => now })
    expect((await lab.request(blob, { method: 'PUT', body: bytes, headers: { 'content-type': 'application/octet-stream' } })).status).toBe(201)
    for (let written = 0; written < large; written += 200 * 1024) await lab.write([{ t: 'setting', k: newId(), c: { value: 'x'.repeat(200 * 1024) } }])
  })
  afterAll(async () => {
    await lab.close()
    await database?.drop()
  })

  /** Everything that can flow, for one device, begun and not at its end. */
  async function begin(grant: Grant, run: string) {
    const { url } = lab.server
    const events = await fetch(`${url}/run_thread/${run}`, { headers: { authorization: `Bearer ${grant.token}` } })
    const stream = events.body!.getReader()
    await stream.read()
    const readers = [await SlowReader.open(url + blob, grant.token), await SlowReader.open(`${url}/snapshot/0`, grant.token), await SlowReader.open(`${url}/snapshot/0?format=rows`, grant.token)]
    return { socket: await TestSocket.greet(lab.server, grant, { cursor: 1_000_000 }), stream, readers }
  }

  async function expectEnded({ socket, stream, readers }: Awaited<ReturnType<typeof begin>>, { tokenId }: Grant, closed: { code: number, reason: string }) {
    expect(await socket.closed).toEqual(closed)
    await expect((async () => { while (!(await stream.read()).done); })()).rejects.toThrow()
    await vi.waitFor(() => expect(lab.server.context.flows.count(tokenId)).toBe(0))
    for (const reader of readers) expect(await reader.end()).toBe(false)
  }

  /** A reply that has begun and waits. */
  async function pausedRun(): Promise<{ run: string, release(): void }> {
    const text = `${newId()} one two three`
    const send = await lab.ask(text)
    await lab.post(send, { model: 'fake/echo?pauseAt=2' })
    await readRunEvents(await lab.request(`/run_thread/${send.run}`), { until: ({ seq }) => seq >= 2 })
    return { run: send.run, release: () => lab.fake.release({ text }) }
  }

  it('[AU150] a revoke ends event stream, socket and downloads, and those of others go on', async () => {
    const [lost, other] = [await addDevice(lab.server, lab.token, 'lost'), await addDevice(lab.server, lab.token, 'other')]
    const { run, release } = await pausedRun()
    const [ends, goes] = [await begin(lost, run), await begin(other, run)]
    expect((await request(lab.server, 'DELETE', `/auth/spsk/${lost.tokenId}`, { token: lab.token })).status).toBe(200)
    await expectEnded(ends, lost, { code: 4403, reason: 'token_revoked' })
    expect((await fetch(lab.server.url + blob, { headers: { authorization: `Bearer ${lost.token}` } })).status).toBe(403)

    release()
    while (!(await goes.stream.read()).done);
    for (const reader of goes.readers) expect(await reader.end()).toBe(true)
    expect(goes.socket.raw.readyState).toBe(goes.socket.raw.OPEN)
    goes.socket.close()
  })

  it('[AU151] an expiry ends them too, and not a moment before', async () => {
    const [short, other] = [await addDevice(lab.server, lab.token, 'short'), await addDevice(lab.server, lab.token, 'other')]
    await lab.server.context.database.updateTable('client_token').set({ expires_at: now + 1_000 }).where('id', '=', short.tokenId).execute()
    const { run, release } = await pausedRun()
    const [ends, goes] = [await begin(short, run), await begin(other, run)]
    lab.server.context.flows.sweep(now + 999)
    expect(lab.server.context.flows.count(short.tokenId)).toBe(5)
    now += 1_000
    await expectEnded(ends, short, { code: 4401, reason: 'token_expired' })

    release()
    while (!(await goes.stream.read()).done);
    for (const reader of goes.readers) expect(await reader.end()).toBe(true)
    goes.socket.close()
  })
})

describe('the edges of a revoke', () => {
  const token = { tokenId: 'one', expiresAt: 1_000 }

  it('[AU152] refuses what was being authenticated when it came', async () => {
    const server = await startServer()
    const first = (await request(server, 'POST', '/auth/spsk/mint', { body: { deviceName: 'first' } })).body as Grant
    const lost = await addDevice(server, first.token)
    const { tokens, flows } = server.context
    // The token was found in order, and is revoked before the request has begun.
    const identity = await tokens.authenticate(lost.token)
    await tokens.revoke(identity, lost.tokenId)
    expect(() => flows.open(identity, () => undefined)).toThrow('signed out')
    await server.close()
  })

  it('[AU153] is remembered in bounded memory, and what has ended leaves nothing behind', () => {
    const flows = createFlows()
    for (let i = 0; i < 10_001; i++) flows.refuse(`token ${i}`)
    expect([flows.isRevoked('token 0'), flows.isRevoked('token 1'), flows.isRevoked('token 10000')]).toEqual([false, true, true])
    flows.open(token, () => undefined).close()
    expect(flows.count('one')).toBe(0)
  })

  it('[AU151] a token renewed over its socket goes on, however far its end is', () => {
    const flows = createFlows()
    const ends: string[] = []
    const flow = flows.open(token, (why) => ends.push(why))
    flow.renewed(2 ** 40)
    flows.sweep(2 ** 40 - 1)
    expect(ends).toEqual([])
    flows.sweep(2 ** 40)
    flows.sweep(2 ** 40)
    expect(ends).toEqual(['token_expired'])
  })

  it('[AU154] a device that signs itself out hears that it did', async () => {
    const server = await startServer()
    const first = (await request(server, 'POST', '/auth/spsk/mint', { body: { deviceName: 'first' } })).body as Grant
    expect(await request(server, 'DELETE', `/auth/spsk/${first.tokenId}`, { token: first.token })).toMatchObject({ status: 200, body: { ok: true } })
    expect((await request(server, 'GET', '/auth/spsk', { token: first.token })).body).toMatchObject({ error: { code: 'token_revoked' } })
    await server.close()
  })
})
