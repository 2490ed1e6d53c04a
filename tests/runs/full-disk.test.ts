import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createLog } from '~/server/log'
import { Lab, newId, readRunEvents } from './support'

let lab: Lab
const lines: string[] = []
beforeAll(async () => { lab = await Lab.open({}, { log: createLog({ logLevel: 'error' }, { write: (line) => void lines.push(line) }) }) })
afterAll(() => lab.close())

const pragma = async (text: string) => (await sql.raw<Record<string, number>>(`pragma ${text}`).execute(lab.server.context.database)).rows[0]!
const endsTried = (run: string) => lines.filter((line) => line.includes('the end of a run could not be stored') && line.includes(run)).length

test('[RN231] a reply that ends on a full disk waits for room, whole, however often it is asked; Stop says meanwhile that there is none', async () => {
  const text = `${newId()} ${'word '.repeat(20_000)}end`
  const send = await lab.ask(text)
  await lab.post(send, { model: 'fake/echo?pauseAt=4' })
  await readRunEvents(await lab.request(`/run_thread/${send.run}`), { until: ({ seq }) => seq >= 4 })
  // SQLite finds no room for a further page, as on a disk that is full.
  await pragma(`max_page_count = ${(await pragma('page_count')).page_count}`)
  const followed = lab.follow(send.run)
  lab.fake.release({ text })
  await vi.waitFor(() => expect(endsTried(send.run)).toBe(5), 30_000)
  expect((await lab.request(`/run_thread/${send.run}`, { method: 'DELETE' })).status).toBe(507)
  await pragma('max_page_count = 1000000000')
  expect(await followed).toMatchObject({ text, end: { status: 'final' } })
  expect(await lab.reply(send.message)).toMatchObject({ status: 'final', parts: [{ type: 'text', text }] })
}, 60_000)
