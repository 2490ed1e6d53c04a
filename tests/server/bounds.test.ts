import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deepest } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import { tableNames } from '~/shared/sync/tables'
import type { LoggedChange } from '~/shared/sync/change'
import { applyPage } from '~/workers/sync/apply-page'
import { fingerprint } from '~/workers/sync/check-replica'
import { createReplica, type Replica } from '../database/replica'
import { change } from './changes'
import { addSpace, request, TestSocket, type Grant } from './client'
import { startServer, type TestServer } from './harness'

let server: TestServer
beforeAll(async () => { server = await startServer() })
afterAll(() => server.close())

/** The text of a push of one change whose column is given as JSON text: deeper than `JSON.stringify` could write. */
function pushText(grant: Grant, n: number, column: string, value: string, { t = 'setting', k = `deep-${n}` } = {}): string {
  const text = JSON.stringify({ changes: [change(grant.deviceId, n, t, k, { [column]: 'HERE' })] })
  return text.replace('"HERE"', value)
}
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const push = (grant: Grant, raw: string) => request(server, 'POST', '/push', { token: grant.token, raw, headers: { 'content-type': 'application/json', 'connection': 'close' } })

/** Everything the space holds, taken in as a device takes it; then compared with the server's sums. */
async function follow(grant: Grant, replica: Replica): Promise<void> {
  for (let cursor = 0, more = true; more;) {
    const { body } = await request(server, 'GET', `/pull?cursor=${cursor}`, { token: grant.token })
    const page = body as { from: number, to: number, changes: LoggedChange[], more: boolean }
    expect(applyPage(replica.db, page)).not.toBeNull()
    cursor = page.to
    more = page.more
  }
  const theirs = (await request(server, 'GET', '/fingerprint', { token: grant.token })).body as { tables: Record<string, { rows: number, sums: number[] }> }
  for (const table of tableNames) expect(await fingerprint(replica.db, table, () => Promise.resolve()), table).toEqual(theirs.tables[table])
}

test('[SY113] a change nested deeper than a row may be is refused by itself, at any depth, and blocks nothing', async () => {
  const grant = await addSpace(server)
  const depths = [deepest + 1, 999, 1_000, 2_000, 100_000]
  for (const [index, depth] of depths.entries()) {
    const { status, body } = await push(grant, pushText(grant, index + 1, 'value', nested(depth)))
    expect(status, String(depth)).toBe(200)
    expect(body).toMatchObject({ upto: index + 1, rejected: [{ n: index + 1, code: 'invalid_request' }] })
  }
  const after = await push(grant, pushText(grant, depths.length + 1, 'value', nested(deepest)))
  expect(after.body).toEqual({ ok: true, upto: depths.length + 1, head: 1, from: 1, to: 1 })
  await follow(grant, await createReplica())
})

test('[SY113] parts, usage and an error nested too deep are refused as well, and over the socket', async () => {
  const grant = await addSpace(server)
  const socket = await TestSocket.greet(server, grant)
  const cells = [
    `[{"type":"tool-x","input":${nested(1_000)}}]`,
    `[{"type":"reasoning","text":"","details":${nested(5_000)}}]`,
  ]
  for (const [index, parts] of cells.entries()) {
    const sent = change(grant.deviceId, index + 1, 'message', `message_${index}`, { status: 'final', parts: 'HERE', usage: null, error: null })
    socket.send(JSON.stringify({ type: 'push', rq: index, changes: [sent] }).replace('"HERE"', parts))
    expect(await socket.nextOf('push-ack')).toMatchObject({ upto: index + 1, rejected: [{ code: 'invalid_request' }] })
  }
  socket.close()
})

test('[SY114] whatever JSON is pushed, it is stored or refused, and devices, image and rows go on', async () => {
  const grant = await addSpace(server)
  let n = 0
  const scalar = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)), fc.constantFrom('"\\ud800"', '"\\u0000"', '-0', '1e309', '1e-400', '123456789012345678901234567890', 'null', 'true', '""'),
    fc.double().filter(Number.isFinite).map((number) => JSON.stringify(number)),
  )
  const key = fc.oneof(fc.constantFrom('__proto__', '', 'constructor', 'toString', 'type', 'text', 'a'), fc.string({ maxLength: 8 })).map((text) => JSON.stringify(text))
  const json = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof({ depthSize: 'medium', withCrossShrink: true }, scalar,
      fc.array(tie('value'), { maxLength: 5 }).map((items) => `[${items.join(',')}]`),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((members) => `{${members.map((member) => member.join(':')).join(',')}}`)),
  })).value
  const deep = fc.tuple(json, fc.integer({ min: 0, max: 1_200 })).map(([value, depth]) => '[{"a":'.repeat(depth) + value + '}]'.repeat(depth))
  const target = fc.constantFrom<[string, string, (value: string) => string]>(
    ['setting', 'value', (value) => value], ['thread', 'title', (value) => value], ['label', 'name', (value) => value],
    ['message', 'parts', (value) => `[{"type":"tool-x","input":${value}},{"type":"text","text":"kept"}]`], ['message', 'parts', (value) => value],
    ['message', 'error', (value) => `{"code":"internal","message":"","retryable":false,"details":{"a":${value}}}`],
  )
  await fc.assert(fc.asyncProperty(fc.oneof(json, deep), target, async (value, [t, column, wrap]) => {
    n++
    const cell: Record<string, JsonValue> = t === 'message' ? { status: 'final', parts: [], usage: null, error: null } : {}
    const sent = change(grant.deviceId, n, t, t === 'label' ? `thread_1:l${n}` : `key_${n}`, { ...cell, [column]: 'HERE' })
    const { status, body } = await push(grant, JSON.stringify({ changes: [sent] }).replace('"HERE"', () => wrap(value)))
    // What is pushed is numbered on, so a failure cannot be made smaller.
    expect([status, body], value.slice(0, 200)).toEqual([200, expect.objectContaining({ ok: true, upto: n })])
  }), { seed: 1_000, numRuns: 150, endOnFailure: true })

  const { head } = (await request(server, 'GET', '/pull?cursor=0&limit=1', { token: grant.token })).body as { head: number }
  expect(head).toBeGreaterThan(25)
  await follow(grant, await createReplica())
  const image = await fetch(`${server.url}/snapshot/0`, { headers: { authorization: `Bearer ${grant.token}` } })
  expect(image.status).toBe(200)
  const replica = await createReplica({ image: new Uint8Array(await image.arrayBuffer()) })
  expect(replica.db.driver.get<{ value: string }>('select value from meta where name = ?', ['cursor'])?.value).toBe(String(head))
  const rows = await fetch(`${server.url}/snapshot/0?format=rows`, { headers: { authorization: `Bearer ${grant.token}` } })
  expect((await rows.text()).trimEnd().split('\n').map((line) => JSON.parse(line) as object).at(-1)).toMatchObject({ end: true })
})
