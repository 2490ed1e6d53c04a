import turns from 'node:timers/promises'
import { behaviours, fixtureStream, refusalOf } from './behaviours.mjs'
import { hasFixture, readFixture } from './fixtures.mjs'
import { createFrames, createGenerationId } from './frames.mjs'
import { createGate, untilAborted } from './gate.mjs'
import { isKnownModel } from './models.mjs'
import { splitBytes } from './random.mjs'

/** @typedef {import('./state.mjs').FakeState} FakeState */

/** The text of the last user message. @param {any} body @returns {string} */
export function lastUserText(body) {
  const message = Array.isArray(body?.messages) ? body.messages.findLast((/** @type {any} */ item) => item?.role === 'user') : undefined
  if (typeof message?.content === 'string') return message.content
  if (!Array.isArray(message?.content)) return ''
  return message.content.filter((/** @type {any} */ part) => part.type === 'text').map((/** @type {any} */ part) => part.text).join('\n')
}

/** What the real one refuses, in its words. @param {FakeState} state @param {any} body */
function refusalFor(state, body) {
  const refuse = (/** @type {number} */ status, /** @type {string} */ message, /** @type {object} */ more = {}) => ({ status, json: { error: { code: status, message, ...more } } })
  if (!body || typeof body !== 'object' || !Array.isArray(body.messages) || body.messages.length === 0) return refuse(400, 'Input required: specify "prompt" or "messages"')
  if (typeof body.model !== 'string' || !isKnownModel(body.model.split('?')[0])) {
    return refuse(400, `${body.model} is not a valid model ID`, {
      metadata: { error_type: 'invalid_request' },
      availability: { code: 'model_not_found', retryable: false, requested_models: [body.model] },
    })
  }
  if (typeof body.session_id === 'string' && body.session_id.length > 256) return refuse(400, 'session_id must be at most 256 characters')
  if (!state.options.strict) return undefined
  const deprecated = [
    Array.isArray(body.plugins) && body.plugins.some((/** @type {any} */ plugin) => plugin?.id === 'web') && 'plugins: [{ id: "web" }]',
    body.model.endsWith(':online') && ':online',
    body.usage !== undefined && 'usage.include',
    body.include_reasoning !== undefined && 'include_reasoning',
  ].filter(Boolean)
  if (deprecated.length === 0) return undefined
  state.violations.push(...deprecated)
  return refuse(400, `deprecated: ${deprecated.join(', ')}`)
}

/**
 * `POST /chat/completions`.
 * @param {FakeState} state
 * @param {{ body: any, key: string, record: import('./state.mjs').RecordedRequest, response: import('node:http').ServerResponse, json: (status: number, value: unknown, headers?: Record<string, string>) => void }} call
 */
export async function chat(state, { body, key, record, response, json }) {
  const refused = refusalFor(state, body)
  if (refused) return json(refused.status, refused.json)
  const [slug = '', query = ''] = body.model.split('?')
  const params = new URLSearchParams(query)
  const [author, name = ''] = slug.split('/')
  const refusal = author === 'fake' ? refusalOf(name, params) : undefined
  if (refusal) {
    const counter = `${body.model}\n${record.text}`
    const given = state.refusals.get(counter) ?? 0
    if (given < refusal.times) {
      state.refusals.set(counter, given + 1)
      return json(refusal.status, refusal.json, refusal.headers)
    }
  }
  if (author === 'fake' && name === 'redirect') return json(307, { moved: true }, { location: params.get('to') ?? 'http://127.0.0.1:9/' })
  if (author === 'fake' && name === 'ok-error') return json(200, { error: { code: 402, message: 'Insufficient credits' }, user_id: 'user_1' })
  if (author === 'fixture' && hasFixture(`${name}.json`)) return json(Number(/^error-(\d+)$/.exec(name)?.[1] ?? 200), JSON.parse(readFixture(`${name}.json`).toString('utf8')))

  const id = createGenerationId(state.random)
  state.generations.set(id, { at: state.options.now(), model: body.model, session: record.session })
  const reading = author !== 'fake' || name === 'demo' || name === 'reasoning'
  const frames = createFrames({ id, model: params.get('served') ?? slug })
  const call = { params, body, key, text: record.text ?? '', frames }
  const behaviour = Object.hasOwn(behaviours, name) && author === 'fake' ? behaviours[name] : behaviours[refusal ? 'echo' : 'demo']
  if (author === 'fake' && !refusal && !Object.hasOwn(behaviours, name)) return json(400, { error: { code: 400, message: `${body.model} is not a valid model ID` } })
  const steps = author === 'fixture' ? fixtureStream(name) : behaviour?.(call) ?? []
  if (params.get('headers') === '0') return
  if (!body.stream) return json(200, collect(steps, frames))
  const slowly = state.options.pace === 'reading' && reading
  const defaults = name === 'slow' ? { ttft: 800, tps: 40 } : slowly ? { ttft: 500, tps: 32 } : { ttft: 0, tps: 0 }
  await stream(state, steps, {
    record, response, id,
    ttft: Number(params.get('ttft') ?? defaults.ttft), tps: Number(params.get('tps') ?? defaults.tps),
    lineEnd: params.get('crlf') === '1' ? '\r\n' : '\n', split: params.get('split') === null ? state.options.split : params.get('split') !== '0',
    pauseAt: params.has('pause') ? 0 : params.has('pauseAt') ? Number(params.get('pauseAt')) : null,
  })
}

/** The same answer for a caller that did not ask for a stream. @param {Iterable<import('./behaviours.mjs').Step>} steps @param {ReturnType<typeof createFrames>} frames */
function collect(steps, frames) {
  let content = ''
  let usage
  for (const step of steps) {
    const frame = /** @type {any} */ ('frame' in step ? step.frame : 'token' in step ? (typeof step.token === 'function' ? step.token() : step.token) : {})
    content += frame.choices?.[0]?.delta?.content ?? ''
    usage ??= frame.usage
  }
  return {
    ...frames.finish(), object: 'chat.completion', usage,
    choices: [{ index: 0, finish_reason: 'stop', native_finish_reason: 'stop', logprobs: null, message: { role: 'assistant', content, refusal: null, reasoning: null } }],
  }
}

/** @param {number} ms @param {AbortSignal} signal */
const sleep = (ms, signal) => untilAborted(signal, (resolve) => {
  const timer = setTimeout(resolve, ms)
  return () => clearTimeout(timer)
})

/** Breaks a connection once what was written has had every chance to arrive. @param {import('node:http').ServerResponse} response */
async function breakConnection(response) {
  await turns.setTimeout(30)
  for (let i = 0; i < 10; i++) await turns.setImmediate()
  response.destroy()
}

/**
 * @param {FakeState} state
 * @param {Iterable<import('./behaviours.mjs').Step>} steps
 * @param {{ record: import('./state.mjs').RecordedRequest, response: import('node:http').ServerResponse, id: string, ttft: number, tps: number, lineEnd: string, split: boolean, pauseAt: number | null }} options
 */
async function stream(state, steps, { record, response, id, ttft, tps, lineEnd, split, pauseAt }) {
  const gone = new AbortController()
  response.on('close', () => {
    if (!record.finished) record.cancelledAt = record.chunks
    gone.abort()
    state.gates.delete(record.id)
    state.events.emit('progress')
  })
  const gate = createGate()
  if (pauseAt === 0) gate.close()
  state.gates.set(record.id, gate)
  record.status = 200
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-generation-id': id })
  response.flushHeaders()
  state.events.emit('progress')

  /** @param {Buffer} bytes */
  const write = async (bytes) => {
    for (const piece of split ? splitBytes(bytes, state.random) : [bytes]) {
      if (gone.signal.aborted) return
      if (response.write(piece)) continue
      await untilAborted(gone.signal, (resolve) => {
        response.once('drain', resolve)
        return () => response.off('drain', resolve)
      })
    }
  }
  const writeFrame = (/** @type {object | string} */ frame) =>
    write(Buffer.from(`data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}${lineEnd}${lineEnd}`))

  let first = true
  // With a rate, tokens keep to the clock, so that a late timer does not slow the whole stream down.
  let due = 0
  for (const step of steps) {
    if (gone.signal.aborted) return
    if ('comment' in step) await write(Buffer.from(`: OPENROUTER PROCESSING${lineEnd}${lineEnd}`))
    else if ('bytes' in step) await write(step.bytes)
    else if ('wait' in step) await sleep(step.wait, gone.signal)
    else if ('hang' in step) return
    else if ('end' in step) {
      if (step.end === 'reset') return breakConnection(response)
      if (step.end === 'done') await writeFrame('[DONE]')
      record.finished = true
      state.events.emit('progress')
      return void response.end()
    } else {
      if (first && ttft > 0) await sleep(ttft, gone.signal)
      if (first) due = performance.now()
      first = false
      if ('token' in step && tps > 0) {
        due += 1_000 / tps
        const ms = due - performance.now()
        if (ms > 0) await sleep(ms, gone.signal)
      }
      if (pauseAt !== null && pauseAt > 0 && pauseAt === record.chunks) gate.close()
      await gate.pass(gone.signal)
      if (gone.signal.aborted) return
      await writeFrame('frame' in step ? step.frame : typeof step.token === 'function' ? step.token() : step.token)
      record.chunks++
      state.events.emit('progress')
    }
  }
}
