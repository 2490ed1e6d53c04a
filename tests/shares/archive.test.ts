import { expect, test } from 'vitest'
import { createId } from '~/shared/domain/ids'
import { limits } from '~/shared/limits'
import { infoToArchive, infoToMessages, shareInfoSchema } from '~/stores/share-archive'
import { importArchive } from '~/workers/database/import'
import { createReplica } from '../database/replica'
import { startServer } from '../server/harness'
import { message, session, shareClient, text } from './client'
import { fullSession, hostileSession } from './samples'

const noFiles = { pause: async () => {}, keepText: () => Promise.reject(new Error('no text here is that long')) }

/** What the server answers of a share that holds these items. */
async function publish(items: unknown[]) {
  const server = await startServer()
  const client = shareClient(server.url)
  const { id, secret } = await client.create()
  await client.sync(id, secret, items)
  const { body } = await client.info(id)
  await server.close()
  return shareInfoSchema.parse(body)
}
let made = 0
const newId = () => createId(++made, (length) => new Uint8Array(length).fill(7))

test('[SH32] a share becomes a thread of one\'s own: hidden parts left out, the steps of a reply put together', async () => {
  const info = await publish(fullSession())
  expect(infoToMessages(info).map(({ role, parts }) => [role, parts.map(({ type }) => type)])).toEqual([
    ['user', ['text', 'text']], ['assistant', ['reasoning', 'tool-edit', 'tool-bash', 'text']], ['user', ['text', 'text']], ['assistant', ['tool-bash']],
  ])
  const replica = (await createReplica()).db
  const threadId = newId()
  expect(await importArchive(replica, 'mutation_0001', infoToArchive(info, { threadId, newId, now: 1_795_225_900_000 }), noFiles)).toEqual({ threads: 1, messages: 4 })
  const rows = replica.driver.all<{ id: string, parent: string | null, role: string, thread: string }>('select id, parent, role, thread from message order by created_at')
  expect(rows.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
  expect(rows.map(({ parent }) => parent)).toEqual([null, rows[0]?.id, rows[1]?.id, rows[2]?.id])
  expect(replica.driver.get('select title, active_leaf from thread')).toEqual({ title: 'Fail-over takes ten seconds', active_leaf: rows[3]?.id })
})

test('[SH32] a hostile or endless share still fits the rows of a thread', async () => {
  const info = await publish([...hostileSession(), message('msg_3', 'user', { time: { created: 9 } }), ...Array.from({ length: 30 }, (_, index) => text('msg_3', 'y'.repeat(30_000), `prt_${index}`))])
  const archive = infoToArchive(info, { threadId: newId(), newId, now: 1_795_225_900_000 })
  const { messages } = JSON.parse(archive) as { messages: unknown[] }
  for (const row of messages) expect(JSON.stringify(row).length).toBeLessThan(limits.changeBytes)
  expect((await importArchive((await createReplica()).db, 'mutation_0002', archive, noFiles)).threads).toBe(1)
})

test('[SH32] an empty share gives an empty thread with a name', async () => {
  const info = await publish([session('')])
  expect(JSON.parse(infoToArchive(info, { threadId: newId(), newId, now: 5 }))).toMatchObject({ threads: [{ title: 'Shared conversation', active_leaf: null }], messages: [] })
})
