import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from '~/server/log'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { startServer } from '../server/harness'
import { createDevice } from '../tabs/device'
import { createPostgres, hasPostgres, postgresName } from './postgres'
import { holds } from './spellings'
import { Lab, newId, readRunEvents } from './support'

const marks = ['sk-or-v1-canary0canary0canary0canary0canary0canary0canary0canary0canary00', 'sk-or-v1.canary=with/other+characters']
/** Where a provider can say back the key that it was given. */
const places = ['content', 'reasoning', 'error', 'annotation', 'link', 'tool', 'call', 'picture', 'drawing', 'kind', 'model', 'finish']
const models = [
  'fake/echo', 'fake/reasoning', 'fake/image', 'fake/midstream-error', 'fake/cut', 'fake/redirect', 'fake/status-401', 'fake/status-500?message=key%20was', 'fake/first-frame-error', 'nope/nope',
  ...places.map((place) => `fake/leak?where=${place}`),
]

/** Everything below a folder, as it stands: database, write-ahead log, blobs. */
async function readFolder(folder: string): Promise<Buffer> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  return Buffer.concat(await Promise.all(files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name)))))
}

/** Every row of every table, as text. */
async function readTables(connectionString: string): Promise<Buffer> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(`select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`)
    const texts: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string | null }>(`select string_agg(t::text, E'\\n') as text from ${name} t`)
      texts.push(rows[0]?.text ?? '')
    }
    return Buffer.from(texts.join('\n'))
  } finally {
    await client.end()
  }
}

describe.each([['SQLite', true], [postgresName, hasPostgres]])('on %s', (name, isThere) => {
  describe.skipIf(!isThere).each(marks)('the key %s', (mark) => {
    let lab: Lab
    let database: Awaited<ReturnType<typeof createPostgres>> | null = null
    let logged = ''
    beforeAll(async () => {
      if (name !== 'SQLite') database = await createPostgres()
      lab = await Lab.open({ databaseUrl: database?.url ?? null }, { log: createLog({ logLevel: 'trace' }, { write: (line) => { logged += line } }) })
    })
    afterAll(async () => {
      await lab.close()
      await database?.drop()
    })

    const written = async () => Buffer.concat([await readFolder(lab.server.context.config.dataDir), ...database ? [await readTables(database.url)] : []])
    const expectNowhere = async (...answers: string[]) => {
      expect(answers.filter((answer) => holds(Buffer.from(answer), mark))).toEqual([])
      expect(holds(await written(), mark)).toBe(false)
      expect(logged).not.toContain(mark)
    }
    const read = async (path: string) => (await lab.request(path)).text()

    it.each(models)('[RN160] is in no file and no table, no log line, no answer and no share, after a run with %s', async (model) => {
      const send = await lab.ask(newId())
      const followed = await readRunEvents(await lab.post(send, { model, openrouterApiKey: mark }, { accept: 'text/event-stream' }))
      expect(followed.end).not.toBeNull()
      expect(lab.fake.calls().at(-1)?.headers.authorization).toBe(`Bearer ${mark}`)
      const published = await lab.request('/api/thread-shares', {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ threadId: send.thread, leaf: send.message }),
      })
      const { id } = await published.json() as { id: string }
      const addresses = [`/run_thread/${send.run}?after=0`, '/pull?cursor=0', `/api/share/${id}`, `/api/share/${id}/data`, `/share/${id}`, ...['html', 'md', 'json'].map((format) => `/share/${id}/download?format=${format}`)]
      const answers = await Promise.all(addresses.map(read))
      expect(answers[2]).toContain(send.parent)
      await expectNowhere(JSON.stringify(followed), ...answers)
    })

    it('[RN160] is in none after requests that are refused, and a look at its limits', async () => {
      const send = await lab.ask(newId())
      const answers = [
        await lab.post(send, { model: 7, openrouterApiKey: mark }),
        await lab.post({ ...send, thread: newId() }, { model: 'fake/echo', openrouterApiKey: mark }),
        await lab.post(send, { model: 'fake/echo', openrouterApiKey: `${mark}\n` }),
        await lab.request('/openrouter/key', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key: mark }) }),
      ]
      await expectNowhere(...await Promise.all(answers.map((answer) => answer.text())))
    })

    it('[RN160] would be found: the question itself is there', async () => {
      const text = `a question named ${newId()}`
      await lab.ask(text)
      expect(holds(await written(), text)).toBe(true)
    })
  })
})

it.each(marks)('[RN160] on the device the key %s is in no row, no event to a page and no export', async (mark) => {
  const fake = await startFakeOpenRouter({ pace: 'instant' })
  const server = await startServer({ openrouterApiUrl: fake.apiUrl })
  const device = await createDevice(server.url)
  await device.synced()
  await device.saveKey(mark)
  const sends = []
  for (const place of places) sends.push(await device.send(`what about ${place}`, { model: `fake/leak?where=${place}` }))
  for (const sent of sends) await device.ended(sent)
  expect(fake.calls().every(({ headers }) => headers.authorization === `Bearer ${mark}`)).toBe(true)
  const [json, sqlite] = [await device.call('export', { format: 'json' }), await device.call('export', { format: 'sqlite' })]
  for (const bytes of [json.bytes, sqlite.bytes, device.driver().export(), Buffer.from(JSON.stringify(device.events))]) expect(holds(bytes, mark)).toBe(false)
  for (const { bytes } of [json, sqlite]) expect(holds(bytes, 'what about content')).toBe(true)
  await device.close()
  await server.close()
  await fake.close()
})
