import { limits } from '~/shared/limits'
import { clockTime, maxClock, nextClock, noClock, type Clock } from '~/shared/sync/clock'

const { clockAheadMs } = limits

/**
 * How high the clocks of fresh changes may stand: 60 s above the server's wall clock. Where the space already is above that, whoever walked
 * it there, its own millisecond with the next counter, and the next millisecond only when the counter is full: a walk on takes 100,000
 * changes a millisecond, and the wall clock overtakes it.
 */
export interface ClockBound {
  /** Whether a clock may stand. One that may raises what follows it in the same push. */
  admits(clock: Clock): boolean
  /** The time to tell a device that is refused. It keeps what is at most 60 s above, and stamps the rest after the highest clock it has seen. */
  readonly tell: number
}

/** `highest` is what the server has acknowledged of the space so far, `wall` its wall clock in ms. */
export function createClockBound(highest: Clock, wall: number): ClockBound {
  let top = highest
  return {
    admits(clock) {
      const admitted = clockTime(clock) <= wall + clockAheadMs || withoutWriter(clock) <= withoutWriter(nextClock(0, top, ''))
      if (admitted) top = maxClock(top, clock)
      return admitted
    },
    // In the space's own millisecond a device cannot know how much counter it has left: what it stamped there is stamped again.
    tell: Math.max(wall, highest === noClock ? 0 : clockTime(highest) - 1 - clockAheadMs),
  }
}

const withoutWriter = (clock: Clock): string => clock.slice(0, 19)

/** A wall clock that stands still where the machine's is put back, for as long as the process lives. */
export function createWallClock(now: () => number): () => number {
  let latest = Number.NEGATIVE_INFINITY
  return () => (latest = Math.max(latest, now()))
}
