import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLog } from '~/server/log'
import { createPostgres, hasPostgres, postgresName } from '../runs/postgres'
import { Lab, newId } from '../runs/support'
import { change } from './changes'
import { addSpace, claim, request, TestSocket, type Grant } from './client'
import { startServer, type TestServer } from './harness'

const quota = 400_000

describe.each([
  { name: 'SQLite', dialect: 'sqlite', skip: false }, { name: postgresName, dialect: 'postgres', skip: !hasPostgres },
])('the quota of a space on $name', ({ dialect, skip }) => {
  if (skip) return test.skip('is not tested: there is none', () => undefined)
  const lines: string[] = []
  let database: Awaited<ReturnType<typeof createPostgres>> | null = null
  let server: TestServer
  let grant: Grant
  let n = 0
  beforeAll(async () => {
    if (dialect === 'postgres') database = await createPostgres()
    server = await startServer({ spaceMaxBytes: quota, ...(database ? { databaseUrl: database.url } : {}) }, { log: createLog({ logLevel: 'warn' }, { write: (line) => void lines.push(line) }) })
    grant = await claim(server)
  })
  afterAll(async () => {
    await server.close()
    await database?.drop()
  })

  const setting = (at = ++n) => change(grant.deviceId, at, 'setting', `filler-${at}`, { value: 'word '.repeat(8_000) })
  const push = (changes: object[], { token } = grant) => request(server, 'POST', '/push', { token, body: { changes } })
  const full = { status: 507, body: { ok: false, error: { code: 'storage_full', retryable: true, details: { quota } } } }

  test('[AU160] a space takes rows up to its quota and is warned at 80 % of it; over it a push answers 507 and consumes nothing', async () => {
    let answer = await push([setting()])
    let last: object[] = []
    while (answer.status === 200 && n < 30) {
      last = [setting()]
      answer = await push(last)
    }
    // Each row stands in the log and in the merged rows.
    expect(n - 1).toBe(5)
    expect(answer).toMatchObject(full)
    expect(await push(last)).toMatchObject(full)
    expect(await request(server, 'GET', '/auth/spsk', { token: grant.token })).toMatchObject({ status: 200, body: { nearFull: { quota } } })
    expect(await request(server, 'GET', '/pull?cursor=0', { token: grant.token })).toMatchObject({ status: 200, body: { head: n - 1, upto: n - 1 } })
    for (const words of ['come near their quota', 'fill their quota']) expect(lines.filter((line) => line.includes(words))).toHaveLength(1)
  })

  test('[AU160] what is stored already is acknowledged all the same', async () => {
    expect(await push([setting(n - 1)])).toMatchObject({ status: 200, body: { upto: n - 1 } })
  })

  test('[AU161] the socket says so too, and goes on', async () => {
    const socket = await TestSocket.greet(server, grant, { cursor: n - 1, n: n - 1 })
    socket.send({ type: 'push', rq: 1, changes: [setting(n)] })
    expect(await socket.nextOf('error')).toMatchObject({ code: 'storage_full', retryable: true, rq: 1 })
    socket.send({ type: 'ping', t: 1, cursor: n - 1 })
    expect(await socket.nextOf('pong')).toMatchObject({ head: n - 1 })
    socket.close()
  })

  test('[AU162] deletes of what there is, tokens, what the server writes and other spaces are taken', async () => {
    const { sync } = server.context
    await sync.transaction(grant.spaceId, (trx) => sync.writeServerChanges(trx, grant.spaceId, [{ t: 'thread', k: 'thread_0001', c: { title: 'of a run' } }]))
    expect(await push([change(grant.deviceId, n, 'thread', 'thread_0002', { deleted: 1 })])).toMatchObject(full)
    expect(await push([change(grant.deviceId, n, 'thread', 'thread_0001', { deleted: 1 })])).toMatchObject({ status: 200, body: { upto: n } })
    // A device's deletes stand behind what it wrote before: a tenth more is for pushes that hold both.
    const both = () => [change(grant.deviceId, n + 1, 'setting', 'before', { value: 'word '.repeat(2_000) }), change(grant.deviceId, n + 2, 'thread', 'thread_0001', { deleted: 1 })]
    const pushes = []
    for (let round = 0; round < 4; round++) {
      const { status } = await push(both())
      pushes.push(status)
      if (status === 200) n += 2
    }
    expect(pushes.slice(0, 1)).toEqual([200])
    expect(pushes.slice(-1)).toEqual([507])
    expect((await request(server, 'POST', '/auth/spsk/mint', { token: grant.token, body: { deviceName: 'another' } })).status).toBe(200)
    const other = await addSpace(server)
    expect((await push([change(other.deviceId, 1, 'setting', 'theirs', { value: 'x' })], other)).status).toBe(200)
  })

  test('[AU163] once what is old was dropped there is room again', async () => {
    const { sync, database: rows } = server.context
    await rows.deleteFrom('change').where('space', '=', grant.spaceId).where('seq', '<=', 6).execute()
    sync.shrunk(grant.spaceId)
    expect((await push([setting()])).status).toBe(200)
  })

  test('[AU165] what is kept aside counts as well: what waits behind a row that cannot be read has no end of its own', async () => {
    const { sync, database: rows } = server.context
    const ofSpace = { space: grant.spaceId, table: 'setting', pk: 'spoilt' }
    await rows.insertInto('aside_change').values({ ...ofSpace, seq: 1, device: grant.deviceId, n: 1, merged: 0, h: '', columns: 'x'.repeat(quota) }).execute()
    sync.shrunk(grant.spaceId)
    expect(await push([setting(n + 1)])).toMatchObject(full)
    await rows.deleteFrom('aside_change').where('space', '=', grant.spaceId).execute()
    sync.shrunk(grant.spaceId)
    expect((await push([setting()])).status).toBe(200)
  })

  test('[AU164] over the quota no run starts and no provider is called; a run that was started is found', async () => {
    const own = dialect === 'postgres' ? await createPostgres() : null
    const lab = await Lab.open({ spaceMaxBytes: quota, ...(own ? { databaseUrl: own.url } : {}) })
    const text = `question ${newId()}`
    const started = await lab.run(`first ${newId()}`, { model: 'fake/echo' })
    const send = await lab.ask(text)
    const { sync } = lab.server.context
    for (let index = 0; index < 6; index++) {
      await sync.transaction(lab.space, (trx) => sync.writeServerChanges(trx, lab.space, [{ t: 'setting', k: `filler-${index}`, c: { value: 'word '.repeat(8_000) } }]))
    }
    const response = await lab.post(send, { model: 'fake/echo' })
    expect([response.status, await response.json()]).toMatchObject([507, full.body])
    expect(lab.fake.calls({ text })).toHaveLength(0)
    expect((await lab.post(started.send, { model: 'fake/echo' })).status).toBe(202)
    await lab.close()
    await own?.drop()
  })
})
