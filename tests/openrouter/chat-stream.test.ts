import { describe, expect, it } from 'vitest'
import { partsToText } from '~/shared/domain/part'
import { readFixture } from '../fakes/openrouter/fixtures.mjs'
import { createRandom, splitBytes } from '../fakes/openrouter/random.mjs'
import { collect, responseOf } from './collect'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

/** A stored stream, cut at random places; with `crlf` every line ends the other way. */
const fixture = (name: string, seed: number) => {
  const bytes = readFixture(`${name}.sse`)
  const text = seed % 2 ? bytes : Buffer.from(bytes.toString('utf8').replaceAll('\n', '\r\n'))
  return collect(responseOf(splitBytes(text, createRandom(seed))))
}

describe.each(seeds)('a stream in pieces, seed %i', (seed) => {
  it('[RN130] text comes whole, characters of several bytes too', async () => {
    const answer = await fixture('chat-basic', seed)
    expect(answer).toMatchObject({ error: null, model: 'openai/gpt-4o-mini', parts: [{ type: 'text', text: 'Four — 四 🌼' }] })
  })

  it('[RN131] usage is read from the repeated finish chunk and from a chunk without choices, every count named', async () => {
    expect((await fixture('chat-basic', seed)).usage).toEqual({ promptTokens: 12, completionTokens: 4, reasoningTokens: 0, cachedTokens: 0, cost: 0.0000123, currency: 'USD' })
    expect((await fixture('chat-usage-empty-choices', seed)).usage).toEqual({ promptTokens: 5, completionTokens: 1, reasoningTokens: 0, cachedTokens: 0, cost: 0.0000123, currency: 'USD' })
  })

  it('[RN132] reasoning is a part of its own, with its time and the signature that came late', async () => {
    const answer = await fixture('chat-reasoning', seed)
    expect(answer.parts).toEqual([
      {
        type: 'reasoning', text: 'Let me think. ', ms: 0,
        details: [{ type: 'reasoning.text', text: 'Let me think. ', format: 'anthropic-claude-v1', index: 0, signature: 'EqQBCkYIBxgCKkDfakesignature==' }],
      },
      { type: 'text', text: '42' },
    ])
  })

  it('[RN132] encrypted reasoning keeps its summary and its data', async () => {
    const answer = await fixture('chat-reasoning-encrypted', seed)
    expect(answer.parts).toMatchObject([{ type: 'reasoning', text: '**Checking**', details: [{ type: 'reasoning.encrypted', data: 'gAAAAABfakeciphertext' }] }, { type: 'text', text: 'Done.' }])
  })

  it('[RN133] parallel tool calls are put together by their index', async () => {
    const answer = await fixture('chat-tools-parallel', seed)
    expect(answer.parts).toEqual([
      { type: 'tool-get_weather', toolCallId: 'call_a1', input: '{"city":"Paris"}' },
      { type: 'tool-get_time', toolCallId: 'call_b2', input: '{"tz":"CET"}' },
    ])
    expect(answer).toMatchObject({ error: null, usage: { finish: 'tool_calls' } })
  })

  it('[RN134] an image is handed over as bytes', async () => {
    const answer = await fixture('chat-image-output', seed)
    expect(answer.images).toHaveLength(1)
    expect(answer.images[0]).toMatchObject({ index: 1, mime: 'image/png' })
    expect(Buffer.from(answer.images[0]!.bytes).subarray(1, 4).toString()).toBe('PNG')
  })

  it('[RN135] a citation becomes a source', async () => {
    const answer = await fixture('chat-annotations', seed)
    expect(answer.parts).toEqual([{ type: 'text', text: 'News [example.com](https://example.com/a)' }, { type: 'source-url', url: 'https://example.com/a', title: 'A' }])
  })

  it('[RN136] an error inside the stream keeps what had come', async () => {
    const answer = await fixture('chat-midstream-error', seed)
    expect(partsToText(answer.parts)).toBe('partial ')
    expect(answer.error).toMatchObject({ code: 'provider_unavailable', retryable: true, details: { providerMessage: 'Provider disconnected', status: 502 } })
  })

  it('[RN136] an error as the first frame is the error', async () => {
    const answer = await fixture('chat-error-first-frame', seed)
    expect(answer.parts).toEqual([])
    expect(answer.error).toMatchObject({ code: 'provider_rate_limited', details: { provider: 'OpenAI', providerMessage: 'Provider returned error' } })
  })

  it('[RN137] a stream that ends without a finish is cut, and says so', async () => {
    const answer = await fixture('chat-cut', seed)
    expect(partsToText(answer.parts)).toBe('partial answer that just sto')
    expect(answer.error).toMatchObject({ code: 'provider_unavailable', details: { reason: 'cut' } })
  })
})

const frame = (value: unknown) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`)
const done = Buffer.from('data: [DONE]\n\n')
const chunk = (delta: unknown, finish: string | null = null) => frame({ choices: [{ index: 0, delta, finish_reason: finish }] })

describe('odd streams', () => {
  it('[RN134] an image of 20 MB in one frame is read whole', async () => {
    const size = 20 * 1024 * 1024
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${Buffer.alloc(size, 7).toString('base64')}` } }
    const bytes = Buffer.concat([chunk({ content: 'Here: ' }), chunk({ images: [image] }), chunk({ content: '' }, 'stop'), done])
    const answer = await collect(responseOf(splitBytes(bytes, createRandom(9))))
    expect(answer.error).toBeNull()
    expect(answer.images[0]?.bytes.length).toBe(size)
  })

  it('[RN138] frames and members of an unknown kind are passed over', async () => {
    const answer = await collect(responseOf([
      Buffer.from('event: news\ndata: {"debug":true}\n\ndata: not json\n\nretry: x\n\n'),
      chunk({ content: 'a', tool_calls: 'strange', images: [{ odd: 1 }], reasoning_details: 7, extra: {} }),
      chunk({ content: 'b' }, 'stop'), frame({ choices: [], openrouter_metadata: {} }), done,
    ]))
    expect(answer).toMatchObject({ error: null, parts: [{ type: 'text', text: 'ab' }] })
  })

  it('[RN138] reading goes on after the finish, up to the end', async () => {
    const answer = await collect(responseOf([chunk({ content: 'a' }, 'stop'), frame({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } })]))
    expect(answer).toMatchObject({ error: null, usage: { promptTokens: 1, completionTokens: 2 } })
  })

  it('[RN139] an answer that was not streamed is read as well', async () => {
    const answer = await collect(responseOf([readFixture('chat-nonstream.json')], { 'content-type': 'application/json' }))
    expect(answer).toMatchObject({ error: null, parts: [{ type: 'text', text: 'Hello there' }], usage: { promptTokens: 12, completionTokens: 3 } })
  })

  it('[RN139] a 200 that is an error is the error', async () => {
    const answer = await collect(responseOf([Buffer.from('{"error":{"code":402,"message":"Insufficient credits"},"user_id":"u"}')], { 'content-type': 'application/json' }))
    expect(answer.error).toMatchObject({ code: 'insufficient_credits' })
  })

  it('[RN139] a choice that carries the error keeps its partial text', async () => {
    const body = { choices: [{ finish_reason: 'error', message: { content: 'so far' }, error: { code: 502, message: 'gone' } }] }
    const answer = await collect(responseOf([Buffer.from(JSON.stringify(body))], { 'content-type': 'application/json' }))
    expect(answer).toMatchObject({ parts: [{ text: 'so far' }], error: { code: 'provider_unavailable', details: { providerMessage: 'gone' } } })
  })

  it('[RN140] an answer stopped by a filter is moderation, one stopped by its length is final and says so', async () => {
    expect((await collect(responseOf([chunk({ content: 'a' }), chunk({}, 'content_filter'), done]))).error).toMatchObject({ code: 'moderation_blocked' })
    const long = await collect(responseOf([chunk({ content: 'a' }, 'length'), frame({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }), done]))
    expect(long).toMatchObject({ error: null, usage: { finish: 'length' } })
  })

  it('[RN146] a content in pieces is its texts, thoughts and pictures in their order, and a piece of no known kind costs nothing', async () => {
    const picture = 'data:image/png;base64,iVBORw0KGgo='
    const answer = await collect(responseOf([
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm ' }] }, { type: 'thinking', thinking: 'so' }, 7, { type: 'text', text: 'one ' }] }),
      chunk({ content: [{ type: 'text', text: 'two' }, { type: 'other', text: 3 }, { type: 'image_url', image_url: { url: picture } }] }, 'stop'), done,
    ]))
    expect(answer).toMatchObject({ error: null, parts: [{ type: 'reasoning', text: 'hm so' }, { type: 'text', text: 'one two' }, { type: 'file', mime: 'image/png', size: 8 }] })
  })

  it('[RN141] a provider that falls silent is a timeout, with what had come', async () => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(chunk({ content: 'so far' }))) })
    const answer = await collect(new Response(body, { headers: { 'content-type': 'text/event-stream' } }), { idleMs: 30 })
    expect(answer).toMatchObject({ parts: [{ text: 'so far' }], error: { code: 'provider_timeout' } })
  })

  it('[RN137] a connection that breaks is an error, with what had come', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(chunk({ content: 'so far' }))),
      pull: (controller) => controller.error(new Error('socket hang up')),
    }, { highWaterMark: 0 })
    const answer = await collect(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
    expect(answer).toMatchObject({ error: { code: 'provider_unavailable', details: { reason: 'broken' } } })
  })

  it('[RN142] a reply that goes on from an earlier one writes on in its last text', async () => {
    const answer = await collect(responseOf([chunk({ content: ' and more' }, 'stop'), done]), { before: [{ type: 'reasoning', text: 'r' }, { type: 'text', text: 'so far' }] })
    expect(answer.parts).toEqual([{ type: 'reasoning', text: 'r' }, { type: 'text', text: 'so far and more' }])
  })
})

describe('what a reply may hold', () => {
  const image = (url: string) => chunk({ images: [{ type: 'image_url', image_url: { url } }] })

  it('[RN134] a picture comes as bytes in any form of a data URL, as a link, or not at all', async () => {
    const answer = await collect(responseOf([
      image('data:image/svg+xml,%3Csvg%3E%C3%A4'), image('data:image/png;name=a.png;base64,iVBORw=='), image('https://example.com/a.png'), image('javascript:alert(1)'),
      image('data:image/svg+xml,%ZZ'), chunk({}, 'stop'), done,
    ]))
    expect(answer.images.map(({ mime, bytes }) => [mime, Buffer.from(bytes).toString('utf8').slice(0, 6)])).toEqual([['image/svg+xml', '<svg>ä'], ['image/png', '\uFFFDPNG']])
    expect(answer.parts[2]).toEqual({ type: 'source-url', url: 'https://example.com/a.png', title: 'Image' })
    expect(answer.parts).toHaveLength(3)
  })

  it('[RN135] a source that is no web address is left out', async () => {
    const citation = (url: string) => ({ type: 'url_citation', url_citation: { url } })
    const answer = await collect(responseOf([chunk({ content: 'a', annotations: [citation('javascript:alert(1)'), citation('https://a.example/'), citation('https://a.example/')] }, 'stop'), done]))
    expect(answer.parts).toEqual([{ type: 'text', text: 'a' }, { type: 'source-url', url: 'https://a.example/' }])
  })

  it('[RN130] a character whose halves come in two frames is one character', async () => {
    const answer = await collect(responseOf([chunk({ content: 'a\uD83C' }), chunk({ content: '\uDF3C!' }), chunk({}, 'stop'), done].map((bytes) => Buffer.from(bytes))))
    expect(answer.parts).toEqual([{ type: 'text', text: 'a🌼!' }])
  })
})
