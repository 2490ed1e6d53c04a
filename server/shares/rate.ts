import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { ShareFailure } from './failure'
import type { ShareQuotas } from './quotas'

/** Holds back an address that creates, writes, reads or guesses too much. Counts live in memory: a restart forgives. */
export function createRateLimits(quotas: ShareQuotas) {
  const creates = new RateLimiterMemory({ keyPrefix: 'create', points: quotas.createsPerMinute, duration: 60 })
  const writes = new RateLimiterMemory({ keyPrefix: 'write', points: quotas.writesPerMinute, duration: 60 })
  const reads = new RateLimiterMemory({ keyPrefix: 'read', points: quotas.readsPerMinute, duration: 60 })
  const failures = new RateLimiterMemory({ keyPrefix: 'failure', points: quotas.failuresPerTenMinutes, duration: 600 })

  return {
    create: (address: string): Promise<void> => take(creates, address),
    write: (address: string): Promise<void> => take(writes, address),
    read: (address: string): Promise<void> => take(reads, address),
    /** Counts a wrong secret or key, and refuses an address that has tried too many. Right ones always pass: nobody can lock others out. */
    failed: (address: string): Promise<void> => take(failures, address),
  }
}

async function take(limiter: RateLimiterMemory, address: string): Promise<void> {
  try {
    await limiter.consume(address)
  }
  catch (refusal) {
    if (refusal instanceof RateLimiterRes) throw tooMany(refusal.msBeforeNext)
    throw refusal
  }
}

function tooMany(ms: number): ShareFailure {
  const retryAfter = Math.max(1, Math.ceil(ms / 1_000))
  return new ShareFailure(429, `Too many requests: try again in ${retryAfter} s`, { retryAfter })
}
