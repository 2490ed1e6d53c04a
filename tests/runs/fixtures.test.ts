import { parse } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '~/shared/errors'
import { until } from '../tabs/time'
import { createDevice, type TestDevice } from '../tabs/device'
import { startServer, type TestServer } from '../server/harness'
import { fixtureNames } from '../fakes/openrouter/fixtures.mjs'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'

/** What a stored answer leaves on the reply: its text and the kinds of its parts, or why it failed, and how often the provider was called. */
interface Ending { text?: string, parts?: string[], code?: ErrorCode, calls?: number }
const whole = (text: string, parts = ['text']): Ending => ({ text, parts })
const failed = (code: ErrorCode, { text = '', calls = 1 }: { text?: string, calls?: number } = {}): Ending => ({ code, text, calls, parts: text ? ['text'] : [] })
/** An answer in a form that was not asked for says nothing that can be read. */
const unreadable = failed('provider_unavailable')

const endings: Record<string, Ending> = {
  'chat-annotations': whole('News [example.com](https://example.com/a)', ['text', 'source-url']),
  'chat-basic': whole('Four — 四 🌼'),
  'chat-cut': failed('provider_unavailable', { text: 'partial answer that just sto' }),
  'chat-error-first-frame': failed('provider_rate_limited'),
  'chat-image-output': whole('Here: ', ['text', 'file']),
  'chat-midstream-error': failed('provider_unavailable', { text: 'partial ' }),
  'chat-nonstream': whole('Hello there'),
  'chat-reasoning': whole('42', ['reasoning', 'text']),
  'chat-reasoning-encrypted': whole('Done.', ['reasoning', 'text']),
  'chat-tools-parallel': whole('', ['tool-get_weather', 'tool-get_time']),
  'chat-usage-empty-choices': whole('Hi'),
  'error-400': failed('model_not_found'),
  'error-401': failed('key_rejected'),
  'error-402': failed('insufficient_credits'),
  'error-403': failed('moderation_blocked'),
  'error-404': failed('model_not_found'),
  'error-408': failed('provider_timeout'),
  'error-413': failed('context_too_long'),
  'error-422': failed('invalid_request'),
  'error-429': failed('provider_rate_limited', { calls: 3 }),
  'error-500': failed('provider_unavailable'),
  'error-502': failed('provider_unavailable', { calls: 3 }),
  'error-503': failed('provider_unavailable', { calls: 3 }),
  'error-524': failed('provider_timeout'),
  'error-529': failed('provider_unavailable', { calls: 3 }),
  'key': unreadable,
  'messages-basic': unreadable,
  'messages-midstream-error': unreadable,
  'messages-thinking-tool': unreadable,
  'models': unreadable,
  'responses-basic': unreadable,
  'responses-failed': unreadable,
  'responses-reasoning-tool': unreadable,
}

it('[RN156] no stored answer is left out', () => {
  expect(fixtureNames().map((file) => parse(file).name).sort()).toEqual(Object.keys(endings).sort())
})

describe.each([11, 12, 13])('a device that follows, with the bytes cut by seed %i', (seed) => {
  let fake: Awaited<ReturnType<typeof startFakeOpenRouter>>
  let server: TestServer
  let device: TestDevice
  const sent = new Map<string, Awaited<ReturnType<TestDevice['send']>>>()
  const question = (name: string) => `what says ${name}?`

  beforeAll(async () => {
    fake = await startFakeOpenRouter({ pace: 'instant', seed })
    server = await startServer({ openrouterApiUrl: fake.apiUrl, openrouterAuthUrl: fake.authUrl })
    device = await createDevice(server.url)
    await device.synced()
    await device.saveKey()
    // All at once: those that are called again take their time.
    for (const name of Object.keys(endings)) sent.set(name, await device.send(question(name), { model: `fixture/${name}` }))
  })
  afterAll(async () => {
    await device.close()
    await server.close()
    await fake.close()
  })

  it.each(Object.entries(endings))('[RN156] %s ends as it should', async (name, { text, parts, code, calls = 1 }) => {
    const run = sent.get(name)!
    const reply = await device.ended(run)
    expect(reply).toMatchObject({ status: code ? 'error' : 'final', text, error: code ? { code } : null })
    if (!code) expect(reply.usage).toMatchObject({ promptTokens: expect.any(Number) as number, cost: 0.0000123 })
    expect(reply.parts.map(({ type }) => type)).toEqual(parts)
    // The row may overtake the last words of the stream.
    expect(text?.startsWith(device.streamed(run.run).text)).toBe(true)
    await until(() => device.heard('run-ended').some((end) => end.run === run.run))
    expect(device.heard('run-ended').filter((end) => end.run === run.run)).toMatchObject([{ status: reply.status, error: code ? { code } : null }])
    expect(fake.calls({ text: question(name) })).toHaveLength(calls)
  })
})
