import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunTable } from '~/server/runs/schema'
import { startServer } from '../server/harness'
import { Lab, newId, readRunEvents, type Send } from './support'

let lab: Lab
beforeAll(async () => { lab = await Lab.open() })
afterAll(() => lab.close())

const step = (seq: number, text: string, index = 0) => ({ seq, parts: [{ index, type: 'text', text }] })
const deep = '['.repeat(3_000) + ']'.repeat(3_000)

/** What may stand in the two tables of a run: its members, and the steps that were stored, each a row. */
const poisons: Record<string, { run?: Partial<RunTable>, data?: string[], text: string, unreadable: number }> = {
  'a step that is no JSON': { data: [JSON.stringify([step(1, 'a')]), '[{"seq":2,"par', JSON.stringify([step(3, 'c')])], text: 'ac', unreadable: 1 },
  'a step that is no step': { data: [JSON.stringify([step(1, 'a')]), '{"seq":2}', 'null', '7'], text: 'a', unreadable: 3 },
  'a part numbered beyond all bounds': { data: [JSON.stringify([step(1, 'a'), step(2, 'b', 15_000), step(3, 'c')])], text: 'ac', unreadable: 1 },
  'a value nested 3,000 deep': { data: [`[{"seq":1,"parts":[{"index":0,"type":"text","text":"a"},{"index":1,"type":"odd","extra":${deep}}]}]`], text: 'a', unreadable: 0 },
  'a usage and an error that are no JSON': { run: { usage: '{"promptTok', error: 'oh' }, data: [JSON.stringify([step(1, 'a')])], text: 'a', unreadable: 0 },
  'a status that there is not': { run: { status: 'sleeping' }, data: [JSON.stringify([step(1, 'a')])], text: 'a', unreadable: 0 },
  'a status that contradicts it': { run: { status: 'final' }, data: [JSON.stringify([step(1, 'a')])], text: 'a', unreadable: 0 },
}

/** A run that a killed process left open, with what was planted into it. */
async function plant({ run = {}, data = [] }: { run?: Partial<RunTable>, data?: string[] }, lab: Lab): Promise<Send> {
  const send = await lab.ask(`question ${newId()}`)
  const { database } = lab.server.context
  const row: RunTable = {
    space: lab.space, id: send.run, thread: send.thread, message: send.message, device: lab.device, status: 'streaming', owner: 'gone', seq: 0,
    created_at: 1, started_at: 1, heartbeat: 1, ended_at: null, usage: null, error: null, ...run,
  }
  await database.insertInto('run').values(row).execute()
  for (const [index, text] of data.entries()) await database.insertInto('run_event').values({ space: lab.space, run: send.run, seq: index + 1, data: text }).execute()
  return send
}

describe.each(Object.entries(poisons))('a run with %s', (_, poison) => {
  const expected = (status: string) => ({
    status, parts: poison.text ? expect.arrayContaining([expect.objectContaining({ type: 'text', text: poison.text })]) as unknown : [],
    error: poison.unreadable > 0 ? { code: 'internal', details: { unreadable: poison.unreadable } } : null,
  })

  it('[RN214] is ended by the reaper with what can be read, and keeps no other open', async () => {
    const send = await plant(poison, lab)
    const other = await plant({ data: [JSON.stringify([step(1, 'whole')])] }, lab)
    await lab.server.context.runs.reap('silent')
    expect(await lab.reply(send.message)).toMatchObject(expected('interrupted'))
    expect(await lab.reply(other.message)).toMatchObject({ status: 'interrupted', parts: [{ text: 'whole' }], error: null })
    expect(await lab.follow(send.run)).toMatchObject({ end: { status: 'interrupted' } })
  })

  it('[RN215] is stopped with 200, and followed to its end', async () => {
    const send = await plant(poison, lab)
    const follower = lab.follow(send.run)
    expect(await lab.stop(send.run)).toMatchObject({ ok: true, status: 'stopped' })
    expect(await lab.reply(send.message)).toMatchObject(expected('stopped'))
    expect((await follower).end).toMatchObject({ status: 'stopped' })
    expect(await lab.stop(send.run)).toMatchObject({ ok: true, status: 'stopped' })
  })
})

it('[RN216] no run keeps the server from starting: each is ended, whatever it holds', async () => {
  const killed = await Lab.open()
  const sends: Send[] = []
  for (const poison of Object.values(poisons)) sends.push(await plant(poison, killed))
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-poisoned-'))
  await cp(killed.server.context.config.dataDir, folder, { recursive: true })
  const survivor = killed.server
  try {
    killed.server = await startServer({ dataDir: folder, openrouterApiUrl: killed.fake.apiUrl })
    for (const send of sends) expect(await killed.reply(send.message)).toMatchObject({ status: 'interrupted' })
    expect((await killed.run('still here', { model: 'fake/echo' })).reply).toMatchObject({ status: 'final' })
    await killed.server.close()
  } finally {
    killed.server = survivor
    await killed.close()
    await rm(folder, { recursive: true, force: true })
  }
})

it('[RN217] a stored reply longer than its row may be ends with its beginning, and says so', async () => {
  const send = await plant({ data: [JSON.stringify([step(1, 'x'.repeat(5 * 1024 * 1024))])] }, lab)
  await lab.server.context.runs.reap('silent')
  const { parts: [part], ...reply } = await lab.reply(send.message)
  expect(reply).toMatchObject({ status: 'interrupted', error: { code: 'payload_too_large' } })
  const text = part && 'text' in part ? String(part.text) : ''
  expect(text.length).toBeGreaterThan(3_000_000)
  expect(text === 'x'.repeat(text.length)).toBe(true)
  expect(await readRunEvents(await lab.request(`/run_thread/${send.run}`))).toMatchObject({ end: { status: 'interrupted' } })
})
