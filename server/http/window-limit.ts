import { createBoundedMap } from './bounded-map'

/** So many callers are remembered at once: some megabytes at most. */
const maxKeys = 20_000

/** So much is taken of each caller per window. */
export interface Rate { points: number, seconds: number }

/** Counts calls by key. `take` returns 0 for one within the rate, else the ms until the window ends. */
export interface WindowLimit { take(key: string): number, readonly size: number }

/** Counts live in memory, of bounded size: a restart forgives. */
export function createWindowLimit({ points, seconds }: Rate, now: () => number, max = maxKeys): WindowLimit {
  const window = seconds * 1000
  const counts = createBoundedMap<{ count: number, ends: number }>({ max, isHeavy: ({ count }) => count > points })
  return {
    take(key) {
      const at = now()
      const known = counts.get(key)
      // An end further off than a window comes from a clock that was put back.
      const isOpen = known !== undefined && known.ends > at && known.ends <= at + window
      const entry = isOpen ? { ...known, count: known.count + 1 } : { count: 1, ends: at + window }
      counts.set(key, entry)
      return entry.count > points ? entry.ends - at : 0
    },
    get size() {
      return counts.size
    },
  }
}
