import type { Schedule } from './channel-message'

export interface WatchdogOptions {
  schedule: Schedule
  now: () => number
  /** 0 to 1; spreads the followers so that they do not all steal in the same moment. */
  random: () => number
  ping(): void
  /** The leader has not answered for 10 s. */
  onSilence(): void
}

const pingEvery = 2_000
const missedPings = 5

/**
 * Watches the leader from a follower. Silence is counted in unanswered pings, not in time: a follower that was itself frozen, or a
 * machine that slept, must not rob a leader that is well. (Stealing after 3 s robbed a merely busy one, sync.md §1.)
 */
export function createWatchdog(options: WatchdogOptions) {
  let missed = 0
  let cancel: (() => void) | undefined
  let dueAt = 0

  function tick() {
    const late = options.now() - dueAt > pingEvery
    missed = late ? 0 : missed + 1
    if (missed >= missedPings) {
      missed = 0
      options.onSilence()
      if (!cancel) return
    } else {
      options.ping()
    }
    again()
  }

  function again(extra = 0) {
    dueAt = options.now() + pingEvery + extra
    cancel = options.schedule(tick, pingEvery + extra)
  }

  return {
    start() {
      if (cancel) return
      missed = 0
      options.ping()
      again(options.random() * 500)
    },
    stop() {
      cancel?.()
      cancel = undefined
    },
    /** Anything from the leader counts as an answer. */
    heard() {
      missed = 0
    },
  }
}
