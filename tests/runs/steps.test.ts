import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mergeDeltas } from '~/shared/domain/merge-deltas'
import { appendDeltas, type PartDelta } from '~/shared/domain/part'
import { createLiveRun } from '~/server/runs/live-run'
import { dataToSteps, stepsToData, type RunEvent } from '~/server/runs/step-rows'
import { createRandom } from '../fakes/openrouter/random.mjs'
import { isPreviousToolPart, previousParts } from './previous-client'
import { Lab, newId } from './support'

let lab: Lab
beforeAll(async () => { lab = await Lab.open() })
afterAll(() => lab.close())

const rowsOf = (run: string) =>
  lab.server.context.database.selectFrom('run_event').select('data').where('run', '=', run).orderBy('seq').execute()
const size = 64 * 1024
const args = '0123456789abcdef'.repeat(size / 16)

describe('the steps of a run', () => {
  it.each([['tool', 16], ['tool', 1], ['text', 1], ['reasoning', 1], ['text', 3]])(
    '[RN210] in %s pieces of %i bytes take at most three times what came and 64 KiB', async (kind, piece) => {
    const model = `fake/pieces?kind=${kind}&bytes=${size}&piece=${piece}&split=0`
    const { send, reply } = await lab.run(`question ${newId()}`, { model })
    expect(reply.status).toBe('final')
    const rows = await rowsOf(send.run)
    expect(rows.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0)).toBeLessThanOrEqual(3 * size + 64 * 1024)
    expect(await lab.follow(send.run)).toMatchObject({ parts: reply.parts, end: { status: 'final' } })
  })

  it.each([['text', (text: string): PartDelta => ({ index: 0, type: 'text', text })], ['input', (input: string): PartDelta => ({ index: 0, type: 'tool-x', append: { input } })]])(
    '[RN227] are counted as the bytes of their %s, however small the pieces', (_, piece) => {
      const run = createLiveRun({ space: 'space', id: 'run', thread: 'thread', message: 'message', onAppend: () => undefined })
      for (let i = 0; i < 10_000; i++) run.append([piece('é')])
      expect(run.bytes()).toBeGreaterThanOrEqual(20_000)
      expect(run.bytes()).toBeLessThan(20_200)
    })

  it('[RN211] of a tool call say what each adds, and a device of the build before goes on with them', async () => {
    const model = `fake/pieces?kind=tool&bytes=${size}&split=0`
    const { reply, followed } = await lab.run(`question ${newId()}`, { model })
    expect(reply.parts).toEqual([{ type: 'tool-write_file', toolCallId: 'call_a1', input: args }])
    expect(followed.parts).toEqual(reply.parts)
    expect(JSON.stringify(followed.deltas).length).toBeLessThan(3 * size)
    const shown = previousParts(followed.deltas)
    expect(shown).toHaveLength(1)
    expect(shown[0]).toMatchObject({ type: 'tool-write_file', toolCallId: 'call_a1' })
    expect([shown[0], reply.parts[0]].every(isPreviousToolPart)).toBe(true)
  })

  it('[RN212] that the build before stored give the same reply, from any number', async () => {
    const { send } = await lab.run(`question ${newId()}`, { model: 'fake/echo' })
    const { database } = lab.server.context
    const tool = { index: 0, type: 'tool-get_weather' }
    const old: RunEvent[] = [
      { seq: 1, parts: [{ ...tool, toolCallId: 'call_a1', input: '' }] },
      { seq: 2, parts: [{ ...tool, input: '{"ci' }] },
      { seq: 3, parts: [{ index: 1, type: 'text', text: 'a' }, { ...tool, input: '{"city":1}' }] },
    ]
    await database.deleteFrom('run_event').where('run', '=', send.run).execute()
    const row = { space: lab.space, run: send.run, seq: 3, data: JSON.stringify(old) }
    await database.insertInto('run_event').values(row).execute()
    const whole = [
      { type: 'tool-get_weather', toolCallId: 'call_a1', input: '{"city":1}' }, { type: 'text', text: 'a' },
    ]
    for (const after of [0, 1, 2]) {
      const had = appendDeltas([], old.slice(0, after).flatMap(({ parts }) => parts))
      expect(appendDeltas(had, (await lab.follow(send.run, after)).deltas.flatMap(({ parts }) => parts))).toEqual(whole)
    }
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('[RN213] are read as they were stored, each with its number, seed %i', (seed) => {
    const steps = randomSteps(createRandom(seed))
    expect(dataToSteps(stepsToData(steps))).toEqual({ events: steps, unreadable: 0 })
    const entries = steps.flatMap(({ parts }) => parts)
    expect(appendDeltas([], mergeDeltas(entries))).toEqual(appendDeltas([], entries))
  })
})

function randomSteps(random: () => number): RunEvent[] {
  const pick = (count: number) => Math.floor(random() * count)
  const entry = (): PartDelta => {
    const index = pick(3)
    const text = ['a', '', 'some words', '"\\\n\u0001', '🌼'][pick(5)]!
    if (index === 2) {
      const tool = { index, type: 'tool-x' }
      return [{ ...tool, toolCallId: 'c', input: '' }, { ...tool, input: text }][pick(8)] ?? { ...tool, append: { input: text } }
    }
    return pick(10) === 0 ? { index, type: 'reasoning', ms: pick(9) } : { index, type: 'text', text }
  }
  const parts = () => Array.from({ length: pick(12) === 0 ? 2 : 1 }, entry)
  return Array.from({ length: 200 }, (_, at) => ({ seq: at + 41, parts: parts() }))
}
