import { fail } from '~/shared/errors'
import { addressToNetwork } from './address'
import { createWindowLimit, type WindowLimit } from './window-limit'

/** Limits by who calls. Each fails with `rate_limited` and `retryAfter` in seconds. Codes have their own: server/tokens/code-waits.ts. */
export interface RateLimits {
  /** A request with a valid token. */
  countRequest(tokenId: string): void
  /** A mint or renewal without one. */
  countMint(address: string): void
  /** A token that is not known here. Tokens are too long to guess: right ones always pass, and so do codes. */
  countWrongToken(address: string): void
}

/** How much of each is taken per window of seconds. Generous to people and scripts; a flood ends here before it reaches the database. */
export const defaultRates = {
  request: { points: 10_000, seconds: 10 },
  mint: { points: 60, seconds: 60 },
  wrongToken: { points: 30, seconds: 600 },
}

export function createRateLimits(rates: typeof defaultRates = defaultRates, now: () => number = Date.now): RateLimits {
  const requests = createWindowLimit(rates.request, now)
  const mints = createWindowLimit(rates.mint, now)
  const wrongTokens = createWindowLimit(rates.wrongToken, now)
  return {
    countRequest: (tokenId) => take(requests, tokenId),
    countMint: (address) => take(mints, addressToNetwork(address)),
    countWrongToken: (address) => take(wrongTokens, addressToNetwork(address)),
  }
}

function take(limit: WindowLimit, key: string): void {
  const wait = limit.take(key)
  if (wait > 0) refuseForNow(wait)
}

/** Fails with `rate_limited`, to be tried again in `ms`. */
export function refuseForNow(ms: number): never {
  fail('rate_limited', 'too many requests; wait a little', { retryAfter: Math.ceil(ms / 1000) })
}
