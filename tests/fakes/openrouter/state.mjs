import { EventEmitter } from 'node:events'
import { createRandom } from './random.mjs'

/**
 * One request as the fake saw it. `chunks` counts data frames sent; `cancelledAt` is that number when the caller hung up first.
 * @typedef {{
 *   id: number, method: string, path: string, headers: Record<string, string>, body: any, at: number,
 *   model: string | null, session: string | null, text: string | null,
 *   status: number | null, chunks: number, finished: boolean, cancelledAt: number | null,
 * }} RecordedRequest
 */

/**
 * Which requests are meant: all given members must match; `text` is the last user message (or a piece of it), `model` the slug or its beginning.
 * @typedef {{ path?: string, text?: string, model?: string, session?: string }} RequestFilter
 */

/**
 * @typedef {object} FakeOptions
 * @property {number} [port] 0 lets the system choose.
 * @property {string} [host]
 * @property {() => number} [now] The clock of code expiry, in ms.
 * @property {'instant' | 'reading'} [pace] How fast the pleasant answers come when their slug does not say.
 * @property {boolean} [split] Write the bytes in random pieces, also inside characters.
 * @property {number} [seed] Of every random choice.
 * @property {boolean} [strict] Refuse what OpenRouter has deprecated.
 * @property {boolean} [autoApprove] The authorisation page answers by itself instead of showing a button.
 * @property {number} [bodyLimit] Bytes.
 */

/** @param {FakeOptions} options */
export function createState(options) {
  const events = new EventEmitter()
  events.setMaxListeners(0)
  return {
    options: { pace: 'reading', split: true, strict: false, autoApprove: false, bodyLimit: 64 * 1024 * 1024, now: Date.now, ...options },
    random: createRandom(options.seed ?? 1),
    events,
    /** @type {RecordedRequest[]} */
    requests: [],
    /** @type {string[]} */
    violations: [],
    /** Gates of paused streams by request id. @type {Map<number, import('./gate.mjs').Gate>} */
    gates: new Map(),
    /** @type {Map<string, { challenge: string | null, method: string, expiresAt: number, used: boolean }>} */
    codes: new Map(),
    /** What is known of a key; an unknown one that looks right is an ordinary key. @type {Map<string, { revoked?: boolean, management?: boolean, limit?: number | null }>} */
    keys: new Map(),
    /** How often a refusal has been given, by slug and text, for behaviours that end after some. @type {Map<string, number>} */
    refusals: new Map(),
    /** @type {Map<string, { at: number, model: string, session: string | null }>} */
    generations: new Map(),
  }
}

/** @typedef {ReturnType<typeof createState>} FakeState */

/**
 * @param {RecordedRequest} request
 * @param {RequestFilter} filter
 */
export function matches(request, filter) {
  return (!filter.path || request.path.includes(filter.path))
    && (!filter.text || (request.text ?? '').includes(filter.text))
    && (!filter.model || (request.model ?? '').startsWith(filter.model))
    && (!filter.session || request.session === filter.session)
}
