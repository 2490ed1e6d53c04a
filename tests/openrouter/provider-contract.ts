import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partsToText } from '~/shared/domain/part'
import { createOpenRouter, type OpenRouter } from '~/server/openrouter/openrouter'
import { createScrubber } from '~/server/openrouter/scrub'
import { collect } from './collect'

/** A provider that the suite can ask for each kind of answer, by the slug of a model. */
export interface Provider {
  apiUrl: string
  close(): Promise<unknown>
  /** How it is asked for these: `text` to echo, and what else it can do. */
  models: { echo: string, reasoning: string, tools: string, refusal: Record<number, string>, cut: string }
}

const key = `sk-or-v1-${'0'.repeat(64)}`

/** What our side makes of a provider, whoever wrote it. */
export function describeProvider(name: string, open: () => Promise<Provider>): void {
  describe(`a provider: ${name}`, () => {
    let provider: Provider
    let openrouter: OpenRouter
    beforeAll(async () => {
      provider = await open()
      openrouter = createOpenRouter({ apiUrl: provider.apiUrl, publicUrl: null, now: Date.now, idleMs: 10_000, wait: async () => undefined })
    })
    afterAll(() => provider.close())

    const call = (model: string, text: string) => openrouter.chat({
      options: { model }, messages: [{ role: 'user', content: text }], sessionId: 'session', key, scrubber: createScrubber(key), signal: new AbortController().signal, onRetry: () => undefined,
    })
    const read = async (model: string, text: string) => {
      const answer = await call(model, text)
      if (!answer.ok) throw new Error(answer.error.message)
      return collect(answer.value)
    }

    it('[RN143] streams text with its usage', async () => {
      const answer = await read(provider.models.echo, 'Hello wörld, 四 🌼!')
      expect(answer).toMatchObject({ error: null, usage: { promptTokens: expect.any(Number) as number, completionTokens: expect.any(Number) as number } })
      expect(partsToText(answer.parts)).toBe('Hello wörld, 四 🌼!')
      expect(answer.entries.length).toBeGreaterThan(1)
    })

    it('[RN143] streams reasoning apart from the text', async () => {
      const answer = await read(provider.models.reasoning, 'Why is the sky blue?')
      expect(answer.parts.map((part) => part.type)).toEqual(['reasoning', 'text'])
      expect(answer.error).toBeNull()
    })

    it('[RN143] streams tool calls with whole arguments', async () => {
      const answer = await read(provider.models.tools, 'What is the weather?')
      const tool = answer.parts.find((part) => part.type.startsWith('tool-')) as { type: string, input: string }
      expect(tool.type).toBe('tool-get_weather')
      expect(JSON.parse(tool.input)).toEqual({ city: 'Paris' })
    })

    it('[RN143] that breaks off is noticed', async () => {
      expect(await read(provider.models.cut, 'Tell me a long story, please.')).toMatchObject({ error: { code: 'provider_unavailable' } })
    })

    it.each([[401, 'key_rejected'], [402, 'insufficient_credits'], [429, 'provider_rate_limited'], [500, 'provider_unavailable'], [503, 'provider_unavailable']])(
      '[RN143] that refuses with %i is %s', async (status, code) => {
        const answer = await call(provider.models.refusal[status]!, `refuse with ${status}`)
        expect(answer).toMatchObject({ ok: false, error: { code, details: { status } } })
      },
    )

    it('[RN144] lists models, once an hour', async () => {
      const first = await openrouter.models()
      expect(first.source).toBe('provider')
      expect(first.models.length).toBeGreaterThan(0)
      expect(await openrouter.models()).toEqual({ ...first, source: 'cache' })
    })

    it('[RN145] tells the limits of a key', async () => {
      expect(await openrouter.keyLimits(key)).toMatchObject({ ok: true, value: { usage: expect.any(Number) as number } })
    })
  })
}
