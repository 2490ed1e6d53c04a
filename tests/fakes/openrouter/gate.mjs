/**
 * Waits for what `begin` waits for, or for the signal; what `begin` returns tidies up after either.
 * @param {AbortSignal} signal
 * @param {(resolve: () => void) => () => void} begin
 * @returns {Promise<void>}
 */
export function untilAborted(signal, begin) {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end)
      tidy()
      resolve()
    }
    const tidy = begin(end)
    signal.addEventListener('abort', end)
  })
}

/**
 * Lets a stream through step by step. Every step takes one permit; an open gate lets all through.
 * @param {{ open?: boolean }} [options]
 */
export function createGate({ open = true } = {}) {
  let permits = 0
  /** @type {(() => void)[]} */
  let waiting = []
  const wake = () => {
    const woken = waiting
    waiting = []
    for (const resume of woken) resume()
  }
  return {
    /** @param {AbortSignal} signal */
    async pass(signal) {
      while (!open && permits === 0 && !signal.aborted) {
        await untilAborted(signal, (resolve) => {
          waiting.push(resolve)
          return () => { waiting = waiting.filter((other) => other !== resolve) }
        })
      }
      if (!open && permits > 0) permits--
    },
    close() { open = false },
    /** @param {number} [steps] Without a number the gate stays open. */
    release(steps) {
      if (steps === undefined) open = true
      else permits += steps
      wake()
    },
  }
}

/** @typedef {ReturnType<typeof createGate>} Gate */
