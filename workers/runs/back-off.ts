import type { Schedule } from '../tabs/channel-message'

const first = 1_000
const longest = 60_000

/** Tries again later, each time later than before, until told that things are well. */
export function createBackOff(schedule: Schedule, random: () => number, again: () => void) {
  let attempt = 0
  let cancel: (() => void) | undefined
  return {
    /** `atLeast` in ms: what the server asked for. */
    wait(atLeast = 0) {
      cancel?.()
      const ms = Math.min(longest, first * 2 ** attempt)
      attempt++
      cancel = schedule(() => {
        cancel = undefined
        again()
      }, Math.max(atLeast, ms * (0.75 + random() / 2)))
    },
    waiting: () => cancel !== undefined,
    reset() {
      attempt = 0
      cancel?.()
      cancel = undefined
    },
  }
}
