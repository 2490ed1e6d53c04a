import { addressToNetwork } from '../http/address'
import { createBoundedMap } from '../http/bounded-map'
import { refuseForNow } from '../http/rate-limits'

const second = 1_000
/** Typing errors are free; from the fifth wrong code on each one doubles the wait. */
const freeCodes = 4
const longestWait = 900 * second
/** An address that has tried nothing wrong for so long after its wait begins anew. */
const forgottenAfter = 3_600 * second
const maxAddresses = 10_000

interface Wrong { count: number, until: number }

/** One try of a code. It counts as wrong from the moment it begins, so that tries at the same time do not slip past the wait. */
export interface CodeTry { right(): void }

/** Holds back an address that offers wrong codes: it waits 1, 2, 4 … 900 s from the fifth on (sync.md §5). Nobody else waits for it. */
export interface CodeWaits {
  /** Fails with `rate_limited` while the address has to wait. */
  begin(address: string): CodeTry
}

export function createCodeWaits(now: () => number): CodeWaits {
  const wrong = createBoundedMap<Wrong>({ max: maxAddresses, isHeavy: ({ count }) => count > freeCodes })
  const isPast = (entry: Wrong, at: number) => at >= entry.until + forgottenAfter || entry.until > at + longestWait
  return {
    begin(address) {
      const key = addressToNetwork(address)
      const at = now()
      const known = wrong.get(key)
      const before = known && !isPast(known, at) ? known : { count: 0, until: at }
      if (before.until > at) refuseForNow(before.until - at)
      const count = before.count + 1
      const wait = count > freeCodes ? Math.min(longestWait, second * 2 ** (count - freeCodes - 1)) : 0
      const entry = { count, until: at + wait }
      wrong.set(key, entry)
      return {
        // Only this one is taken back: an own code, rightly typed, is no pardon for wrong ones.
        right() {
          const current = wrong.get(key)
          if (current === entry) wrong.set(key, before)
          else if (current) wrong.set(key, { ...current, count: current.count - 1 })
        },
      }
    },
  }
}
