import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { partsToText } from '~/shared/domain/part'
import { dataToSteps } from '~/server/runs/step-rows'
import { createSyncSession } from '~/server/sync/session'
import { createDeviceId } from '~/shared/domain/ids'
import { startServer } from '../server/harness'
import { Lab, newId, readRunEvents, type Send } from './support'

let lab: Lab
beforeAll(async () => { lab = await Lab.open() })
afterAll(() => lab.close())

const words = (count: number) => `${newId()} ${Array.from({ length: count }, (_, i) => `word${i}`).join(' ')}`
/** Starts a reply that echoes `text` and stops before token `at`. */
async function paused(text: string, at: number): Promise<Send> {
  const send = await lab.ask(text)
  await lab.post(send, { model: `fake/echo?pauseAt=${at}` })
  await lab.fake.reached({ text, chunks: at })
  await readRunEvents(await lab.request(`/run_thread/${send.run}`), { until: ({ seq }) => seq >= at })
  return send
}
const stored = (run: string) => lab.server.context.database.selectFrom('run_event').select(['seq', 'data']).where('run', '=', run).orderBy('seq').execute()

describe('following a run', () => {
  it('[RN120] from any number gives exactly what is missing, while it streams and after its end', async () => {
    const text = words(12)
    const send = await paused(text, 6)
    const followers = [0, 1, 3, 6].map((after) => lab.follow(send.run, after))
    lab.fake.release({ text })
    const live = await Promise.all(followers)
    const whole = live[0]!
    expect(whole).toMatchObject({ text, seq: 13, end: { status: 'final' } })
    const tokens = text.match(/\s*\S+/g)!
    for (const [i, after] of [0, 1, 3, 6].entries()) expect(live[i]).toMatchObject({ text: tokens.slice(after).join(''), end: { status: 'final' } })
    for (let after = 0; after <= tokens.length; after++) {
      expect(await lab.follow(send.run, after)).toMatchObject({ text: tokens.slice(after).join(''), end: { status: 'final' } })
    }
  })

  it('[RN121] goes on after the connection of whoever asked is gone', async () => {
    const text = words(8)
    const send = await lab.ask(text)
    const response = await lab.post(send, { model: 'fake/echo?pauseAt=4' }, { accept: 'text/event-stream' })
    const partial = await readRunEvents(response, { until: ({ seq }) => seq >= 4 })
    lab.fake.release({ text })
    const rest = await lab.follow(send.run, partial.seq)
    expect(partial.text + rest.text).toBe(text)
    expect(lab.fake.calls({ text })).toMatchObject([{ cancelledAt: null, finished: true }])
  })

  it('[RN122] a step is stored with its own number while the reply still streams', async () => {
    const text = words(6)
    const send = await paused(text, 5)
    await vi.waitFor(async () => {
      const steps = (await stored(send.run)).flatMap((row) => dataToSteps(row.data).events)
      expect(steps.map((step) => step.seq)).toEqual([1, 2, 3, 4, 5])
    })
    lab.fake.release({ text })
    expect((await lab.follow(send.run)).end?.status).toBe('final')
  })

  it('[RN123] begins for a device that asked before the run did', async () => {
    const text = words(4)
    const send = await lab.ask(text)
    const messages: string[] = []
    const ended = new Promise<void>((resolve) => {
      lab.server.context.runs.attach({
        space: lab.space, run: send.run, after: 0, buffered: () => 0,
        send: (message) => {
          if (message.type === 'run-end') resolve()
          else messages.push(partsToText(message.parts as never))
        },
      })
    })
    await lab.post(send, { model: 'fake/echo' })
    await ended
    expect(messages.join('')).toBe(text)
  })

  it('[RN124] over the socket gives the same messages, and none after it is left', async () => {
    const text = words(8)
    const send = await paused(text, 3)
    const frames: { type: string, seq?: number, parts?: [], status?: string }[] = []
    const { context } = lab.server
    let told: () => void = () => undefined
    const heard = () => new Promise<void>((resolve) => { told = resolve })
    const session = createSyncSession(context, {
      identity: { spaceId: lab.space as never, deviceId: createDeviceId(() => new Uint8Array(16)), tokenId: 'none' },
      send: (frame) => { frames.push(JSON.parse(frame)); told() }, close: () => undefined, buffered: () => 0,
    })
    await session.receive(JSON.stringify({ type: 'hello', v: 1, space: lab.space, device: 'aaaaaaaaaaaaaaaa', cursor: 0, epoch: null, n: 0, schema: 1, t: Date.now() }))
    await session.receive(JSON.stringify({ type: 'attach', run: send.run, after: 1 }))
    while (!frames.some((frame) => frame.type === 'run-delta')) await heard()
    const delta = frames.find((frame) => frame.type === 'run-delta')
    expect(delta).toMatchObject({ seq: 3 })
    expect(partsToText(delta?.parts ?? [])).toBe(' word0 word1')
    await session.receive(JSON.stringify({ type: 'detach', run: send.run }))
    lab.fake.release({ text })
    await lab.follow(send.run)
    expect(frames.filter((frame) => frame.type === 'run-delta')).toHaveLength(1)
    expect(frames.some((frame) => frame.type === 'run-end')).toBe(false)
    session.end()
  })

  it('[RN125] a slow device gets what it missed in one piece, and nothing is lost', async () => {
    const text = words(40)
    const send = await paused(text, 2)
    let buffered = 0
    const deltas: { seq: number, parts: unknown }[] = []
    const ended = new Promise<void>((resolve) => {
      lab.server.context.runs.attach({
        space: lab.space, run: send.run, after: 0, buffered: () => buffered,
        send: (message) => {
          if (message.type === 'run-end') return resolve()
          deltas.push(message)
          buffered = 1024 * 1024
        },
      })
    })
    lab.fake.release({ text })
    await lab.follow(send.run)
    expect(deltas).toHaveLength(1)
    buffered = 0
    await ended
    expect(deltas.map((delta) => delta.seq)).toEqual([2, 41])
    expect(deltas.map((delta) => partsToText(delta.parts as never)).join('')).toBe(text)
  })

  it('[RN126] long after its end gives the reply from its row', async () => {
    let ahead = 0
    const old = await Lab.open({}, { now: () => Date.now() + ahead })
    const text = words(5)
    const { send } = await old.run(text, { model: 'fake/echo' })
    const steps = () => old.server.context.database.selectFrom('run_event').selectAll().execute()
    await old.server.context.runs.reap('silent')
    expect(await steps()).not.toEqual([])
    ahead = 25 * 60 * 60_000
    await old.server.context.runs.reap('silent')
    expect(await steps()).toEqual([])
    expect(await old.follow(send.run)).toMatchObject({ text, seq: 6, end: { status: 'final' } })
    expect(await old.follow(send.run, 6)).toMatchObject({ deltas: [], end: { status: 'final' } })
    await old.close()
  })
})

describe('stopping a run', () => {
  it('[RN170] keeps what came, calls the provider off, and is told to every device', async () => {
    const text = words(9)
    const send = await paused(text, 4)
    const follower = lab.follow(send.run)
    expect(await lab.stop(send.run)).toMatchObject({ ok: true, status: 'stopped' })
    const [call] = await lab.fake.reached({ text, cancelled: true })
    expect(call?.cancelledAt).toBe(4)
    const came = text.match(/\s*\S+/g)!.slice(0, 4).join('')
    expect(await follower).toMatchObject({ text: came, end: { status: 'stopped' } })
    expect(await lab.reply(send.message)).toMatchObject({ status: 'stopped', parts: [{ type: 'text', text: came }], error: null })
    expect(await lab.stop(send.run)).toMatchObject({ status: 'stopped' })
  })

  it('[RN171] that has ended changes nothing', async () => {
    const { send } = await lab.run(words(2), { model: 'fake/echo' })
    expect(await lab.stop(send.run)).toMatchObject({ status: 'final' })
    expect(await lab.reply(send.message)).toMatchObject({ status: 'final' })
  })

  it('[RN172] before it is asked for ends its placeholder when it is, and calls nothing', async () => {
    const text = words(2)
    const send = await lab.ask(text)
    expect(await lab.stop(send.run)).toMatchObject({ ok: true, status: 'stopped' })
    const response = await lab.post(send, { model: 'fake/echo' })
    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({ status: 'stopped', messageId: send.message })
    expect(await lab.reply(send.message)).toMatchObject({ status: 'stopped', parts: [] })
    expect(lab.fake.calls({ text })).toHaveLength(0)
  })

  it('[RN179] before it is asked for is remembered of the latest thousand of a space', async () => {
    const { context } = lab.server
    const stop = (run: string) => context.runs.stop({ space: lab.space, device: lab.device, run })
    for (let index = 0; index < 1_005; index++) await stop(`never-${String(index).padStart(4, '0')}`)
    const { count } = await context.database.selectFrom('run').select((eb) => eb.fn.countAll<number>().as('count')).where('space', '=', lab.space).where('thread', '=', '').executeTakeFirstOrThrow()
    expect(Number(count)).toBeLessThanOrEqual(1_000)
    expect(await context.runs.find(lab.space, 'never-1004')).toMatchObject({ status: 'stopped' })
  })

  it('[RN173] while it waits to call again ends the wait', async () => {
    const text = words(1)
    const send = await lab.ask(text)
    await lab.post(send, { model: 'fake/429?after=15' })
    const waiting = await readRunEvents(await lab.request(`/run_thread/${send.run}`), { until: ({ deltas }) => deltas.some((delta) => delta.retryAt !== undefined) })
    expect(waiting.deltas.at(-1)?.retryAt).toBeGreaterThan(Date.now() + 5_000)
    expect(await lab.stop(send.run)).toMatchObject({ status: 'stopped' })
    expect(lab.fake.calls({ text })).toHaveLength(1)
  })

  it('[RN174] of another space is a run of its own: nothing is stopped', async () => {
    const text = words(4)
    const send = await paused(text, 2)
    const { context, url } = lab.server
    const other = await context.database.transaction().execute(async (trx) => context.tokens.mint(trx, { spaceId: await context.spaces.create(trx), deviceName: 'Other' }))
    const response = await fetch(`${url}/run_thread/${send.run}`, { method: 'DELETE', headers: { authorization: `Bearer ${other.token}` } })
    expect(response.status).toBe(200)
    expect((await fetch(`${url}/run_thread/${newId()}`, { headers: { authorization: `Bearer ${other.token}` } })).status).toBe(404)
    lab.fake.release({ text })
    expect(await lab.follow(send.run)).toMatchObject({ text, end: { status: 'final' } })
  })
})

describe('many runs', () => {
  it('[RN175] beyond sixteen of a space wait their turn, and can be stopped while they wait', async () => {
    const sends = await Promise.all(Array.from({ length: 16 }, () => paused(words(3), 1)))
    const text = words(3)
    const [next, last] = [await lab.ask(text), await lab.ask(words(3))]
    await lab.post(next, { model: 'fake/echo' })
    await lab.post(last, { model: 'fake/echo' })
    expect(await lab.reply(next.message)).toMatchObject({ status: 'queued' })
    expect(await lab.stop(last.run)).toMatchObject({ status: 'stopped' })
    expect(lab.fake.calls({ text })).toHaveLength(0)
    expect(await lab.stop(sends[0]!.run)).toMatchObject({ status: 'stopped' })
    expect(await lab.follow(next.run)).toMatchObject({ text, end: { status: 'final' } })
    await Promise.all(sends.map((send) => lab.stop(send.run)))
  })

  it('[RN176] at the same time each get their own reply, and each calls once', async () => {
    const sends = await Promise.all(Array.from({ length: 200 }, async () => {
      const text = words(20)
      return { text, send: await lab.ask(text) }
    }))
    const followed = await Promise.all(sends.map(async ({ send }) => readRunEvents(await lab.post(send, { model: 'fake/echo?tps=400' }, { accept: 'text/event-stream' }))))
    expect(followed.map((each) => each.text)).toEqual(sends.map(({ text }) => text))
    for (const { text, send } of sends) {
      expect(await lab.reply(send.message)).toMatchObject({ status: 'final', parts: [{ type: 'text', text }] })
      expect(lab.fake.calls({ text })).toHaveLength(1)
    }
  })
})

describe('a server that dies', () => {
  it('[RN180] ends its runs as interrupted at the next start, with everything that was stored', async () => {
    const text = words(9)
    const send = await paused(text, 5)
    await vi.waitFor(async () => { expect((await stored(send.run)).at(-1)?.seq).toBe(5) })
    // The folder as it stands at this moment is what a killed process leaves behind.
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-killed-'))
    await cp(lab.server.context.config.dataDir, folder, { recursive: true })
    const survivor = lab.server
    const restarted = await startServer({ dataDir: folder, openrouterApiUrl: lab.fake.apiUrl })
    try {
      lab.server = restarted
      const came = text.match(/\s*\S+/g)!.slice(0, 5).join('')
      expect(await lab.reply(send.message)).toMatchObject({ status: 'interrupted', parts: [{ type: 'text', text: came }], error: null })
      expect(await lab.follow(send.run, 2)).toMatchObject({ text: text.match(/\s*\S+/g)!.slice(2, 5).join(''), end: { status: 'interrupted' } })
      expect((await lab.post(send, { model: 'fake/echo' })).status).toBe(202)
      expect(lab.fake.calls({ text })).toHaveLength(1)
    } finally {
      await restarted.close()
      await rm(folder, { recursive: true, force: true })
      lab.server = survivor
    }
    lab.fake.release({ text })
    expect(await lab.follow(send.run)).toMatchObject({ text, end: { status: 'final' } })
  })

  it('[RN181] in good order ends them as interrupted and calls the provider off', async () => {
    const other = await Lab.open()
    const text = words(9)
    const send = await other.ask(text)
    await other.post(send, { model: 'fake/echo?pauseAt=3' })
    await other.fake.reached({ text, chunks: 3 })
    const follower = readRunEvents(await other.request(`/run_thread/${send.run}`))
    await other.close()
    expect(await follower).toMatchObject({ end: { status: 'interrupted' }, text: text.match(/\s*\S+/g)!.slice(0, 3).join('') })
    expect(other.fake.calls({ text })[0]?.cancelledAt).toBe(3)
  })
})
