import { addressToNetwork } from '../http/address'
import { createWindowLimit } from '../http/window-limit'
import { ShareFailure } from './failure'
import type { ShareQuotas } from './quotas'

/** Holds back an address that creates, writes, reads or guesses too much. Counts live in memory: a restart forgives. */
export function createRateLimits(quotas: ShareQuotas) {
  const limit = (points: number, seconds: number) => {
    const window = createWindowLimit({ points, seconds }, Date.now)
    return async (address: string): Promise<void> => {
      const wait = window.take(addressToNetwork(address))
      if (wait > 0) throw tooMany(wait)
    }
  }
  return {
    create: limit(quotas.createsPerMinute, 60),
    write: limit(quotas.writesPerMinute, 60),
    read: limit(quotas.readsPerMinute, 60),
    /** Counts a wrong secret or key, and refuses an address that has tried too many. Right ones always pass: nobody can lock others out. */
    failed: limit(quotas.failuresPerTenMinutes, 600),
  }
}

function tooMany(ms: number): ShareFailure {
  const retryAfter = Math.max(1, Math.ceil(ms / 1_000))
  return new ShareFailure(429, `Too many requests: try again in ${retryAfter} s`, { retryAfter })
}
