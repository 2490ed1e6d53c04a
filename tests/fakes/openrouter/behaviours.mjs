import { longText, questionToAnswer } from './answers.mjs'
import { hasFixture, readFixture } from './fixtures.mjs'
import { createUsage, textToTokens } from './frames.mjs'

/**
 * What a stream does next: a comment, a data frame, bytes as they are, a pause, or its end. `cut` ends without a finish, `reset` breaks the connection.
 * @typedef {{ comment: true } | { frame: object } | { bytes: Buffer } | { wait: number } | { token: object | (() => object) } | { hang: true } | { end: 'done' | 'cut' | 'reset' | 'silent' }} Step
 */

/**
 * @typedef {object} Call
 * @property {URLSearchParams} params Of the slug: `fake/slow?ttft=800&tps=40`.
 * @property {any} body
 * @property {string} text The last user message.
 * @property {string} key
 * @property {ReturnType<typeof import('./frames.mjs').createFrames>} frames
 */

/** @param {Call} call @returns {'a' | 'b'} */
const usageForm = (call) => (call.params.get('usage') === 'a' ? 'a' : 'b')

/**
 * A whole answer: comments, the text in tokens, a finish, usage, the end.
 * @param {Call} call @param {string} text @param {{ before?: Step[], after?: Step[], finish?: string, usage?: object }} [more]
 * @returns {Generator<Step>}
 */
function* answer(call, text, { before = [], after = [], finish = 'stop', usage } = {}) {
  yield { comment: true }
  yield { comment: true }
  yield* before
  const tokens = textToTokens(text)
  for (const [i, token] of tokens.entries()) {
    if (i === 5) yield { comment: true }
    yield { token: call.frames.content(token) }
  }
  yield* after
  yield { frame: call.frames.finish(finish) }
  yield { frame: call.frames.usage(usageForm(call), usage ?? createUsage(Math.ceil(JSON.stringify(call.body.messages).length / 4), tokens.length), finish) }
  yield { end: 'done' }
}

/** @param {Call} call @param {string} name @param {number} [fallback] */
const number = (call, name, fallback = 0) => Number(call.params.get(name) ?? fallback)

/** A PNG's first bytes and then noise, so that a frame of any size looks like an image. @param {number} size */
function pngOf(size) {
  const tiny = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
  return size <= tiny.length ? tiny : Buffer.concat([tiny, Buffer.alloc(size - tiny.length, 0x5a)])
}

/** @param {number} code @param {string} message @param {object} [metadata] */
const errorOf = (code, message, metadata) => ({ code, message, ...(metadata ? { metadata } : {}) })

/** Streams by the name in the slug. @type {Record<string, (call: Call) => Iterable<Step>>} */
export const behaviours = {
  'demo': (call) => answer(call, questionToAnswer(call.text)),
  'echo': (call) => answer(call, call.params.get('text') ?? call.text),
  'slow': (call) => answer(call, longText(number(call, 'words', 160))),
  'long': (call) => answer(call, longText(number(call, 'words', 2_000))),
  /** Every token is the time at which it was sent, in ms: whoever reads it can tell how long it took. */
  *'clock'(call) {
    for (let left = number(call, 'count', 100); left > 0; left--) yield { token: () => call.frames.content(`${(performance.timeOrigin + performance.now()).toFixed(2)} `) }
    yield { frame: call.frames.finish() }
    yield { end: 'done' }
  },
  /** Frames of 64 KB, for what is too long. */
  *'huge'(call) {
    for (let left = number(call, 'bytes', 5_000_000); left > 0; left -= 65_536) yield { frame: call.frames.content('lorem ip'.repeat(8_192)) }
    yield { frame: call.frames.finish() }
    yield { end: 'done' }
  },
  /** It reads little, and sums up in few words. */
  'small': (call) => answer(call, call.text.startsWith('Summarise') ? 'Greetings were exchanged.' : questionToAnswer(call.text)),
  'empty': (call) => answer(call, ''),
  'length': (call) => answer(call, 'This answer stops because it has reached its', { finish: 'length' }),
  'filtered': (call) => answer(call, 'This answer was', { finish: 'content_filter' }),
  'reasoning': (call) => answer(call, questionToAnswer(call.text), {
    before: [
      ...textToTokens('The question is clear. I should first say what matters, then give an example, then stop.').map((token) => ({ token: call.frames.reasoning(token) })),
      { frame: call.frames.signature('EqQBCkYIBxgCKkDfakesignature==') },
    ],
    usage: createUsage(20, 60, { reasoning: 18 }),
  }),
  'tools': (call) => answer(call, '', {
    after: [
      { frame: call.frames.chunk({ content: null, tool_calls: [{ index: 0, id: 'call_a1', type: 'function', function: { name: 'get_weather', arguments: '' } }] }) },
      { frame: call.frames.chunk({ content: null, tool_calls: [{ index: 0, type: 'function', function: { arguments: '{"ci' } }] }) },
      { frame: call.frames.chunk({ content: null, tool_calls: [{ index: 1, id: 'call_b2', type: 'function', function: { name: 'get_time', arguments: '{"tz":"CET"}' } }] }) },
      { frame: call.frames.chunk({ content: null, tool_calls: [{ index: 0, type: 'function', function: { arguments: 'ty":"Paris"}' } }] }) },
    ],
    finish: 'tool_calls',
  }),
  /** `bytes` of text, reasoning or a tool's arguments in frames of `piece` bytes each. */
  *'pieces'(call) {
    const kind = call.params.get('kind') ?? 'text'
    const piece = '0123456789abcdef'.repeat(64).slice(0, number(call, 'piece', 16))
    if (kind === 'tool') yield { frame: call.frames.chunk({ tool_calls: [{ index: 0, id: 'call_a1', type: 'function', function: { name: 'write_file', arguments: '' } }] }) }
    const delta = kind === 'tool' ? { tool_calls: [{ index: 0, function: { arguments: piece } }] } : kind === 'reasoning' ? { reasoning: piece } : { content: piece }
    for (let left = number(call, 'bytes', 65_536); left > 0; left -= piece.length) yield { token: call.frames.chunk(delta) }
    yield { frame: call.frames.finish() }
    yield { end: 'done' }
  },
  'image': (call) => answer(call, 'Here is the picture: ', {
    after: [{
      frame: call.frames.chunk({
        content: '', images: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${pngOf(number(call, 'bytes')).toString('base64')}` }, index: 0 }],
      }),
    }],
    usage: createUsage(8, 1_290),
  }),
  'annotations': (call) => answer(call, 'News from [example.com](https://example.com/a), and more of it.', {
    after: [{
      frame: call.frames.chunk({
        content: '', annotations: [{ type: 'url_citation', url_citation: { url: 'https://example.com/a', title: 'A', content: 'excerpt', start_index: 5, end_index: 41 } }],
      }),
    }],
    usage: createUsage(900, 10, { searches: 1 }),
  }),
  *'midstream-error'(call) {
    yield { comment: true }
    for (const token of textToTokens(call.params.get('text') ?? 'This much had come before it broke')) yield { token: call.frames.content(token) }
    const code = call.params.get('code') ?? '502'
    yield {
      frame: call.frames.error({
        ...errorOf(/^\d+$/.test(code) ? Number(code) : 0, 'Provider disconnected', { error_type: call.params.get('type') ?? 'provider_unavailable' }),
        ...(/^\d+$/.test(code) ? {} : { code }),
      }),
    }
    yield { end: 'silent' }
  },
  *'first-frame-error'(call) {
    yield { comment: true }
    yield { comment: true }
    const code = number(call, 'code', 429)
    yield { frame: call.frames.bareError(errorOf(code, 'Provider returned error', { error_type: call.params.get('type') ?? 'rate_limit_exceeded', provider_name: 'OpenAI' })) }
    yield { end: 'silent' }
  },
  *'cut'(call) {
    yield { comment: true }
    for (const token of textToTokens('partial answer that just sto')) yield { token: call.frames.content(token) }
    yield { end: call.params.get('how') === 'reset' ? 'reset' : 'cut' }
  },
  *'hang'(call) {
    yield { comment: true }
    for (const token of textToTokens(call.params.get('text') ?? '')) yield { token: call.frames.content(token) }
    yield { hang: true }
  },
  /** A provider that says back the key it was given, wherever it can: nothing of it may be kept. */
  *'leak'(call) {
    const where = call.params.get('where') ?? 'content'
    const words = where === 'content' ? [`your key is ${call.key}, remember`] : ['some ', 'text ']
    for (const word of words) for (let at = 0; at < word.length; at += 5) yield { token: call.frames.content(word.slice(at, at + 5)) }
    if (where === 'error') {
      yield { frame: call.frames.error(errorOf(502, `upstream refused ${call.key}`, { error_type: 'provider_unavailable', raw: `Authorization: Bearer ${call.key}` })) }
      yield { end: 'silent' }
      return
    }
    if (where === 'annotation') {
      yield { frame: call.frames.chunk({ content: '', annotations: [{ type: 'url_citation', url_citation: { url: `https://example.com/?k=${call.key}`, title: call.key } }] }) }
    }
    const image = (/** @type {string} */ url) => ({ frame: call.frames.chunk({ content: '', images: [{ type: 'image_url', image_url: { url }, index: 0 }] }) })
    if (where === 'picture') yield image(`data:image/png;base64,${Buffer.concat([pngOf(0), Buffer.from(`tEXt${call.key}`)]).toString('base64')}`)
    if (where === 'drawing') yield image(`data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg"><title>${call.key}</title></svg>`)}`)
    if (where === 'kind') yield image(`data:image/${call.key};base64,AAAA`)
    if (where === 'link') yield image(`https://example.com/${call.key}.png`)
    if (where === 'call') yield { frame: call.frames.chunk({ tool_calls: [{ index: 0, id: call.key, type: 'function', function: { name: call.key, arguments: '{}' } }] }) }
    if (where === 'model') yield { frame: { ...call.frames.content('x'), model: call.key } }
    if (where === 'reasoning') yield { frame: call.frames.chunk({ reasoning: call.key, reasoning_details: [{ type: 'reasoning.text', text: call.key, signature: call.key, index: 0 }] }) }
    if (where === 'tool') yield { frame: call.frames.chunk({ tool_calls: [{ index: 0, id: 'call_a1', type: 'function', function: { name: 'log_in', arguments: JSON.stringify({ key: call.key }) } }] }) }
    const reason = where === 'finish' ? call.key : 'stop'
    yield { frame: call.frames.finish(reason) }
    yield { frame: call.frames.usage('b', createUsage(8, 2), reason) }
    yield { end: 'done' }
  },
}

/** A stored stream, byte for byte. @param {string} name @returns {Generator<Step>} */
export function* fixtureStream(name) {
  const bytes = readFixture(`${name}.sse`)
  yield { bytes }
  yield { end: 'silent' }
}

/**
 * A refusal by slug: `fake/429?after=2`, `fake/status-503`, with `times=n` for n refusals and an answer then.
 * @param {string} name
 * @param {URLSearchParams} params
 */
export function refusalOf(name, params) {
  const status = Number(/^(?:status-)?(\d{3})$/.exec(name)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) return undefined
  const stored = `error-${status}.json`
  const json = hasFixture(stored) ? JSON.parse(readFixture(stored).toString('utf8')) : { error: errorOf(status, `Status ${status}`) }
  const message = params.get('message')
  if (message) json.error.message = message
  const type = params.get('type')
  if (type) json.error.metadata = { ...json.error.metadata, error_type: type }
  const after = params.get('after')
  return { status, json, headers: after === null ? {} : { 'retry-after': after }, times: Number(params.get('times') ?? Number.POSITIVE_INFINITY) }
}
