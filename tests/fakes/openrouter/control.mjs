import { matches } from './state.mjs'

/**
 * What tests ask of the fake; the same by function and, for a browser's test, over `/__control/…`.
 * @param {import('./state.mjs').FakeState} state
 */
export function createControl(state) {
  /** @param {import('./state.mjs').RequestFilter} [filter] */
  const calls = (filter = {}) => state.requests.filter((request) => request.path.endsWith('/chat/completions') && matches(request, filter))

  return {
    /** Chat requests, oldest first. */
    calls,
    /**
     * Lets paused streams go on: by so many frames, or without a number for good.
     * @param {import('./state.mjs').RequestFilter & { steps?: number }} [filter]
     */
    release({ steps, ...filter } = {}) {
      for (const request of calls(filter)) state.gates.get(request.id)?.release(steps)
    },
    /**
     * Waits until a chat request has sent so many frames, has finished, or was cancelled.
     * @param {import('./state.mjs').RequestFilter & { chunks?: number, finished?: boolean, cancelled?: boolean, count?: number }} what
     * @returns {Promise<import('./state.mjs').RecordedRequest[]>}
     */
    async reached({ chunks = 0, finished = false, cancelled = false, count = 1, ...filter }) {
      const found = () => calls(filter).filter((request) =>
        request.chunks >= chunks && (!finished || request.finished) && (!cancelled || request.cancelledAt !== null) && request.status !== null)
      for (let hits = found(); ; hits = found()) {
        if (hits.length >= count) return hits
        await new Promise((resolve) => state.events.once('progress', resolve))
      }
    },
    /** @param {string} key @param {{ revoked?: boolean, management?: boolean, limit?: number | null }} what */
    setKey(key, what) { state.keys.set(key, { ...state.keys.get(key), ...what }) },
    reset() {
      state.requests.length = 0
      state.violations.length = 0
      state.refusals.clear()
    },
  }
}

/**
 * `/__control/requests`, `/calls`, `/release`, `/reached`, `/key`, `/reset`: parameters in the query of a GET, or the JSON of a POST.
 * @param {import('./state.mjs').FakeState} state
 * @param {ReturnType<typeof createControl>} control
 * @param {string} name
 * @param {any} input
 */
export async function answerControl(state, control, name, input) {
  const number = (/** @type {unknown} */ value) => (value === undefined ? undefined : Number(value))
  const filter = { text: input.text, model: input.model, session: input.session, path: input.path }
  if (name === 'requests') return { requests: state.requests.filter((request) => matches(request, filter)), violations: state.violations }
  if (name === 'calls') return { calls: control.calls(filter) }
  if (name === 'release') return control.release({ ...filter, steps: number(input.steps) }), {}
  if (name === 'reached') {
    return { calls: await control.reached({ ...filter, chunks: number(input.chunks), count: number(input.count), finished: Boolean(input.finished), cancelled: Boolean(input.cancelled) }) }
  }
  if (name === 'key') return control.setKey(input.key, input), {}
  if (name === 'reset') return control.reset(), {}
  return undefined
}
