import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '~/server/log'
import { change } from './changes'
import { addSpace, claim, request, TestSocket, type Grant } from './client'
import { startServer, type TestServer } from './harness'

const lines: string[] = []
let server: TestServer
let grant: Grant
let n = 0
beforeAll(async () => {
  server = await startServer({}, { log: createLog({ logLevel: 'warn' }, { write: (line) => void lines.push(line) }) })
  grant = await claim(server)
})
afterAll(() => server.close())

const long = (size = 60_000) => change(grant.deviceId, ++n, 'setting', `long-${n}`, { value: 'word '.repeat(size / 5) })
const push = (changes: object[]) => request(server, 'POST', '/push', { token: grant.token, body: { changes } })
const pragma = async (text: string) => (await sql.raw<Record<string, number>>(`pragma ${text}`).execute(server.context.database)).rows[0]!
/** SQLite finds no room for a further page, as on a disk that is full. */
async function whileFull<T>(work: () => Promise<T>): Promise<T> {
  const { page_count: pages } = await pragma('page_count')
  await pragma(`max_page_count = ${pages}`)
  try {
    return await work()
  } finally {
    await pragma('max_page_count = 1000000000')
  }
}
const full = { ok: false, error: { code: 'storage_full', retryable: true } }

test('[AU140] with a full disk a push answers 507 and consumes nothing, reads go on, and it is taken once there is room', async () => {
  await push([long()])
  const waiting = [long(), long()]
  await whileFull(async () => {
    expect(await push(waiting)).toMatchObject({ status: 507, body: full })
    expect(await request(server, 'GET', '/pull?cursor=0', { token: grant.token })).toMatchObject({ status: 200, body: { head: 1, upto: 1 } })
  })
  expect(await push(waiting)).toMatchObject({ status: 200, body: { upto: 3, head: 3 } })
})

test('[AU141] writers that share a commit on a full disk are all told, none of them half stored', async () => {
  const other = await addSpace(server)
  const mine = [[long()], [long()], [long()]]
  const theirs = change(other.deviceId, 1, 'setting', 'small', { value: 'word '.repeat(20_000) })
  const head = async () => (await server.context.sync.status(grant.spaceId, grant.deviceId)).head
  const before = await head()
  await whileFull(async () => {
    const answers = await Promise.all([...mine.map(push), request(server, 'POST', '/push', { token: other.token, body: { changes: [theirs] } })])
    // Of one device's later pushes the server may also say that what comes before them is missing.
    expect(answers.map(({ status }) => status).filter((status) => status !== 507 && status !== 409)).toEqual([])
    expect(answers[0]).toMatchObject({ status: 507, body: full })
  })
  expect(await head()).toBe(before)
  for (const changes of mine) expect((await push(changes)).status).toBe(200)
})

test('[AU142] with a full disk the socket\'s error frame says so, and the socket goes on', async () => {
  const socket = await TestSocket.greet(server, grant, { cursor: 0, n })
  const changes = [long()]
  await whileFull(async () => {
    socket.send({ type: 'push', rq: 1, changes })
    expect(await socket.nextOf('error')).toMatchObject({ code: 'storage_full', retryable: true, rq: 1 })
  })
  socket.send({ type: 'push', rq: 2, changes })
  expect(await socket.nextOf('push-ack')).toMatchObject({ rq: 2, upto: n })
  socket.close()
})

test('[AU143] with a full disk minting and a share\'s sync answer 507', async () => {
  const created = await request(server, 'POST', '/api/share', { body: { sessionID: 'ses_1' } })
  const { id, secret } = created.body as { id: string, secret: string }
  await whileFull(async () => {
    const mint = () => request(server, 'POST', '/auth/spsk/mint', { token: grant.token, body: { deviceName: 'x'.repeat(60) } })
    let answer = await mint()
    // What is left of the last pages is used up first.
    while (answer.status === 200) answer = await mint()
    expect(answer).toMatchObject({ status: 507, body: full })
    const data = [{ type: 'message', data: { id: 'msg_1', sessionID: 'ses_1', role: 'user', text: 'word '.repeat(20_000) } }]
    expect(await request(server, 'POST', `/api/share/${id}/sync`, { body: { secret, data } })).toMatchObject({ status: 507, body: { code: 'storage_full' } })
  })
})

test('[AU144] the log names the full disk as the cause', () => {
  const told = lines.filter((line) => line.includes('database or disk is full'))
  expect(told.length).toBeGreaterThan(3)
  expect(lines.filter((line) => line.includes('no transaction is active') || line.includes('no such savepoint'))).toEqual([])
})
