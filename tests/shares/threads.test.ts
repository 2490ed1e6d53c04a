import { afterAll, beforeAll, expect, test } from 'vitest'
import { partsToText } from '~/shared/domain/part'
import type { JsonValue } from '~/shared/domain/text'
import { infoToMessages, shareInfoSchema } from '~/stores/share-archive'
import { addSpace, claim, type Grant } from '../server/client'
import { change } from '../server/changes'
import { startServer, type TestServer } from '../server/harness'
import { request, shareClient } from './client'

let server: TestServer
let owner: Grant
let now = Date.parse('2026-11-21T06:00:00Z')
let n = 0
beforeAll(async () => {
  server = await startServer({}, { now: () => now })
  owner = await claim(server)
})
afterAll(() => server.close())

const bearer = (grant = owner) => ({ authorization: `Bearer ${grant.token}` })
const thread = 'thread_0001'
const push = async (rows: [table: string, key: string, columns: Record<string, JsonValue>][]) => {
  const changes = rows.map(([t, k, c]) => change(owner.deviceId, ++n, t, k, c, now))
  const answer = await request(`${server.url}/push`, 'POST', { changes }, bearer())
  expect(answer.body).toMatchObject({ ok: true, upto: n })
  expect(answer.body).not.toHaveProperty('rejected')
}
const row = (id: string, parent: string | null, role: string, parts: JsonValue[], extra: Record<string, JsonValue> = {}): [string, string, Record<string, JsonValue>] =>
  ['message', id, { thread, parent, role, status: 'final', parts, usage: null, error: null, model: role === 'assistant' ? 'maker/model' : null, deleted: 0, created_at: ++now, ...extra }]
const said = (text: string): JsonValue => ({ type: 'text', text })

const publish = async (body: Record<string, unknown>, grant = owner) => request(`${server.url}/api/thread-shares`, 'POST', body, bearer(grant))
const publishId = async (body: Record<string, unknown>) => ((await publish({ threadId: thread, ...body })).body as { id: string }).id
const texts = async (id: string) => {
  const { body } = await shareClient(server.url).data(id)
  return (body as { type: string, data: { type: string, text?: string } }[]).filter(({ type }) => type === 'part').map(({ data }) => data.text ?? data.type)
}

test('[SH19] a thread is published from the server\'s own rows: the shown path, without its system prompt or other branches', async () => {
  await push([
    ['thread', thread, { title: 'Plans for spring', system_prompt: 'secret prompt', created_at: now, deleted: 0, pinned: 0, archived: 0 }],
    row('message_1', null, 'user', [said('Where to?')]),
    row('message_2', 'message_1', 'assistant', [{ type: 'reasoning', text: 'They like trains.' }, said('By train to Lisbon.')], { usage: { promptTokens: 12, completionTokens: 7, cost: 0.01 } }),
    row('message_3', 'message_1', 'assistant', [said('Another version, not shown.')]),
    row('message_4', 'message_2', 'user', [said('My number is 555-0199.'), { type: 'file', sha256: 'a'.repeat(64), name: 'map 555-0199.pdf', mime: 'application/pdf', size: 900 }]),
    ['thread', thread, { active_leaf: 'message_4' }],
  ])
  const id = await publishId({})
  expect((await texts(id)).sort()).toEqual(['By train to Lisbon.', 'My number is 555-0199.', 'They like trains.', 'Where to?', 'file'])
  const answer = await shareClient(server.url).info(id)
  expect(answer.text).not.toMatch(/secret prompt|Another version/)
  expect(answer.body).toMatchObject({ session: { title: 'Plans for spring' }, messages: [{ id: 'message_1' }, { id: 'message_2', modelID: 'maker/model', tokens: { input: 12, output: 7 } }, { id: 'message_4' }] })
})

test('[SH57] a reply stands below its question in the page and in an import, though both are of one millisecond or the clocks disagree', async () => {
  const place = { thread: 'thread_order', created_at: now }
  await push([
    ['thread', 'thread_order', { title: 'Order', system_prompt: null, created_at: now, deleted: 0, pinned: 0, archived: 0 }],
    row('z_question', null, 'user', [said('First question')], place),
    row('a_reply', 'z_question', 'assistant', [said('First reply')], place),
    row('y_question', 'a_reply', 'user', [said('Second question')], { ...place, created_at: now - 60_000 }),
    row('b_reply', 'y_question', 'assistant', [said('Second reply')], place),
    ['thread', 'thread_order', { active_leaf: 'b_reply' }],
  ])
  const id = await publishId({ threadId: 'thread_order' })
  const order = ['First question', 'First reply', 'Second question', 'Second reply']
  const page = (await request(`${server.url}/share/${id}`)).text
  expect([...page.matchAll(/<p[^>]*>((?:First|Second) (?:question|reply))<\/p>/g)].map(([, text]) => text)).toEqual(order)
  const { body } = await shareClient(server.url).info(id)
  expect(infoToMessages(shareInfoSchema.parse(body)).map(({ parts }) => partsToText(parts))).toEqual(order)
})

test('[SH19] a later start, hidden reasoning, hidden attachments and redactions hold for all that is published', async () => {
  const id = await publishId({ fromMessageId: 'message_2', hideReasoning: true, hideAttachments: true, redactions: [{ find: '555-0199', replace: '[number]' }, { find: 'Lisbon', replace: 'L.' }, { find: 'spring', replace: '…' }] })
  expect(await texts(id)).toEqual(['By train to L..', 'My number is [number].'])
  const page = await request(`${server.url}/share/${id}`)
  for (const answer of [await shareClient(server.url).info(id), page]) expect(answer.text).not.toMatch(/555-0199|Lisbon|spring|trains|Where to|map/)
  const open = await publishId({ redactions: [{ find: '555-0199', replace: '[number]' }] })
  expect((await shareClient(server.url).data(open)).text).not.toContain('555-0199')
})

test('[SH19] a picture travels within the published copy, unless attachments are hidden', async () => {
  const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
  const file = await server.context.blobs.put(owner.spaceId, pixel, 'image/png', 'dot.png')
  const other = 'thread_0002'
  await push([
    ['thread', other, { title: 'With a picture', created_at: now, deleted: 0, pinned: 0, archived: 0 }],
    row('message_p1', null, 'user', [said('Look'), { type: 'file', sha256: file.sha256, name: 'dot.png', mime: 'image/png', size: file.size }], { thread: other }),
  ])
  const [shown, hidden] = [await publishId({ threadId: other, redactions: [{ find: 'A', replace: '' }] }), await publishId({ threadId: other, hideAttachments: true })]
  expect((await request(`${server.url}/share/${shown}`)).text).toContain(`<img src="data:image/png;base64,${pixel.toString('base64')}"`)
  expect((await request(`${server.url}/share/${hidden}`)).text).not.toContain('dot.png')
})

test('[SH20] a live share follows the thread, a snapshot does not', async () => {
  const [live, snapshot] = [await publishId({ live: true }), await publishId({})]
  await push([row('message_5', 'message_4', 'assistant', [said('Noted.')]), ['thread', thread, { active_leaf: 'message_5', title: 'Plans for autumn' }]])
  expect(await texts(live)).toContain('Noted.')
  expect(await texts(snapshot)).not.toContain('Noted.')
  expect((await shareClient(server.url).info(live)).body).toMatchObject({ session: { title: 'Plans for autumn' } })
  await push([['message', 'message_5', { deleted: 1 }]])
  expect(await texts(live)).not.toContain('Noted.')
  await push([['message', 'message_5', { deleted: 0 }]])
})

test('[SH20] changes elsewhere in the space leave a live share\'s version alone', async () => {
  const id = await publishId({ live: true })
  const before = (await request(`${server.url}/share/${id}`)).headers.get('etag')
  await push([['setting', 'theme', { value: 'dark' }]])
  expect((await request(`${server.url}/share/${id}`)).headers.get('etag')).toBe(before)
})

test('[SH20] a live share is hidden while its thread is deleted', async () => {
  const id = await publishId({ live: true })
  await push([['thread', thread, { deleted: 1 }]])
  expect((await request(`${server.url}/share/${id}`)).status).toBe(404)
  await push([['thread', thread, { deleted: 0 }]])
  expect((await request(`${server.url}/share/${id}`)).status).toBe(200)
})

test('[SH21] its settings can be changed, which builds a snapshot anew', async () => {
  const id = await publishId({})
  await push([row('message_6', 'message_5', 'user', [said('One more thing.')]), ['thread', thread, { active_leaf: 'message_6' }]])
  expect(await texts(id)).not.toContain('One more thing.')
  const patch = await request(`${server.url}/api/thread-shares/${id}`, 'PATCH', { hideReasoning: true }, bearer())
  expect(patch.status).toBe(200)
  const shown = await texts(id)
  expect(shown).toContain('One more thing.')
  expect(shown).not.toContain('They like trains.')
})

test('[SH38] the owner sees all shares of a thread with their views, a reader counting once', async () => {
  const id = await publishId({ live: true })
  for (let index = 0; index < 3; index++) await request(`${server.url}/share/${id}`)
  const { body } = await request(`${server.url}/api/thread-shares?thread=${thread}`, 'GET', undefined, bearer())
  expect((body as { shares: { id: string }[] }).shares.find((share) => share.id === id)).toMatchObject({ kind: 'thread', live: true, views: 1, sourceId: thread, title: 'Plans for autumn', options: { live: true } })
})

test('[SH39] revoking takes the page away; strangers can neither publish, change nor revoke', async () => {
  const stranger = await addSpace(server)
  const id = await publishId({})
  expect((await publish({ threadId: thread }, stranger)).status).toBe(404)
  expect((await request(`${server.url}/api/thread-shares/${id}`, 'PATCH', { live: true }, bearer(stranger))).status).toBe(404)
  expect((await request(`${server.url}/api/thread-shares/${id}`, 'DELETE', undefined, bearer(stranger))).status).toBe(404)
  expect((await request(`${server.url}/api/thread-shares/${id}`, 'DELETE', undefined, bearer())).status).toBe(200)
  expect((await request(`${server.url}/share/${id}`)).status).toBe(404)
  expect((await publish({ threadId: 'thread_unknown' })).status).toBe(404)
  expect((await publish({ threadId: thread, redactions: [{ find: '' }] })).status).toBe(400)
})

test('[SH22] an expired share is unreadable at once and deleted by the next sweep', async () => {
  expect((await publish({ threadId: thread, expiresAt: now - 1 })).status).toBe(400)
  const id = await publishId({ expiresAt: now + 60_000 })
  expect((await request(`${server.url}/share/${id}`)).status).toBe(200)
  now += 60_001
  expect((await request(`${server.url}/share/${id}`)).status).toBe(404)
  await server.context.shares.expiry.sweep()
  expect(await server.context.database.selectFrom('share_item').select('key').where('share', '=', id).execute()).toEqual([])
})

test('[SH35] nobody has a secret for a thread\'s share', async () => {
  const id = await publishId({})
  const client = shareClient(server.url)
  expect((await client.sync(id, 'null', [])).status).toBe(403)
  expect((await client.remove(id, 'null')).status).toBe(403)
})
