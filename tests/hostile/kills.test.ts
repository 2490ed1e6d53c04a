import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeOpenRouter, type FakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { Target } from './attack'
import { Device } from './device'

const kills = Number(process.env.HOLDFAST_KILLS ?? 20)

let provider: FakeOpenRouter
let target: Target
let device: Device
beforeAll(async () => {
  provider = await startFakeOpenRouter()
  target = await Target.start({ NUXT_OPENROUTER_API_URL: provider.apiUrl })
  device = await Device.join(target)
})
afterAll(async () => {
  await target.remove()
  await provider.close()
})

/** Reads a run's event stream until it breaks: the text that a person would have seen. */
async function readShown(stream: Response, onWord: () => void): Promise<string> {
  let shown = ''
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const bytes of stream.body!) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (!line.startsWith('data: ')) continue
        for (const { text = '' } of (JSON.parse(line.slice(6)) as { parts?: { text?: string }[] }).parts ?? []) shown += text
      }
      if (shown) onWord()
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  return shown
}

test('[RN230] a server that is killed at any moment keeps all that any device was shown', async () => {
  const delays = fc.sample(fc.integer({ min: 0, max: 250 }), { numRuns: kills, seed: 20_261 })
  let shownInAll = 0
  for (const [round, delay] of delays.entries()) {
    const names = [1, 2, 3].map((run) => `${round}-${run}`)
    const streams = await Promise.all(names.map((name) => device.begin(name, 'fake/slow?ttft=0&tps=500&words=5000')))
    const begun: Promise<void>[] = []
    const shown = streams.map((stream) => {
      let seen: () => void = () => undefined
      begun.push(new Promise((resolve) => { seen = resolve }))
      return readShown(stream, seen)
    })
    await Promise.all(begun)
    await new Promise((resolve) => setTimeout(resolve, delay))
    await target.app.stop('SIGKILL')
    const texts = await Promise.all(shown)
    await target.app.start()
    for (const [at, name] of names.entries()) {
      const { status, parts } = await device.reply(name)
      expect(status).toBe('interrupted')
      expect(String(parts[0]?.text).startsWith(texts[at]!), `${name} was killed after ${delay} ms`).toBe(true)
      shownInAll += texts[at]!.length
    }
  }
  expect(shownInAll).toBeGreaterThan(kills)
}, kills * 15_000)
