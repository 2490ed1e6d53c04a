import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pullAnswerSchema } from '~/shared/protocol/pull'
import { formatClock } from '~/shared/sync/clock'
import { Target } from './attack'

let target: Target
let token = ''
let deviceId = ''
let n = 0
beforeAll(async () => {
  target = await Target.start()
  const answer = await fetch(`${target.url}/auth/spsk/mint`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"deviceName":"a device"}' })
  ;({ token, deviceId } = await answer.json() as { token: string, deviceId: string })
})
afterAll(() => target.remove())

const ask = (path: string, method = 'GET', body?: object) => fetch(target.url + path, {
  method, headers: { authorization: `Bearer ${token}`, ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) }, ...(body ? { body: JSON.stringify(body) } : {}),
})
const push = (t: string, k: string, c: object) => ask('/push', 'POST', { changes: [{ n: ++n, t, k, h: formatClock(Date.now(), n, `${deviceId}.tagx`), c }] })
const message = (text: string) => ({ thread: 'thread_0001', role: 'user', status: 'final', parts: [{ type: 'text', text }], usage: null, error: null })

/** Writes into the running server's file, as a bad sector does. */
function plant(statement: string): void {
  const file = new BetterSqlite3(join(target.app.folder, 'holdfast.sqlite'))
  file.exec(statement)
  file.close()
}

test('[SY126] rows spoilt in the server\'s file stop no push, pull, image, share or start, and are named', async () => {
  await push('thread', 'thread_0001', { title: 'kept' })
  for (const k of ['message_01', 'message_02', 'message_03', 'message_04']) await push('message', k, message(k))
  plant(`update entity set columns = '{"parts":[' where pk = 'message_01'`)
  plant(`update entity set hx = x'00ff' where pk = 'message_02'`)
  plant(`update change set columns = 'not json', n = 'x' where pk = 'message_03'`)
  expect(await (await push('message', 'message_01', message('later'))).json()).toMatchObject({ ok: true, upto: n, from: n, to: n })

  const page = pullAnswerSchema.parse(await (await ask('/pull?cursor=0')).json())
  expect(page).toMatchObject({ from: 1, to: n, more: false, changes: { length: n } })
  const rows = (await (await ask('/snapshot/0?format=rows')).text()).trimEnd().split('\n').map((line) => JSON.parse(line) as { k?: string })
  expect(rows.flatMap(({ k }) => k ?? [])).toEqual(['thread_0001', 'message_04'])
  expect((await ask('/snapshot/0')).status).toBe(200)
  const share = await ask('/api/thread-shares', 'POST', { threadId: 'thread_0001', live: true, hideReasoning: true, hideAttachments: true, redactions: [] })
  expect([share.status, await share.text()]).toMatchObject([200, expect.stringContaining('"ok":true')])
  const { aside } = await (await ask('/fingerprint')).json() as { aside: { k: string }[] }
  expect(aside.map(({ k }) => k).sort()).toEqual(['message_01', 'message_02', 'message_03'])

  await target.app.stop('SIGKILL')
  await target.app.start()
  // Its log still gives the first one (a finished message stays as it was), and what stands in its place the third; of the second the clocks are lost but not the changes.
  expect(await (await ask('/aside')).json()).toMatchObject({ ok: true, count: 0 })
  const again = (await (await ask('/snapshot/0?format=rows')).text())
  for (const text of ['message_01', 'message_02', 'message_03', 'message_04']) expect(again).toContain(`"text":"${text}"`)
  expect(pullAnswerSchema.safeParse(await (await ask('/pull?cursor=0')).json()).success).toBe(true)
})
