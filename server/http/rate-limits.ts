import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { fail } from '~/shared/errors'

/** Limits by who calls. Each fails with `rate_limited` and `retryAfter` in seconds. */
export interface RateLimits {
  /** A request with a valid token. */
  countRequest(tokenId: string): Promise<void>
  /** A mint or renewal without one. */
  countMint(address: string): Promise<void>
  /** An address that kept offering wrong codes may not try another for a while. Tokens are too long to guess: right ones always pass. */
  checkCredentials(address: string): Promise<void>
  /** A wrong token or code. */
  countWrongCredentials(address: string): Promise<void>
}

/** How much of each is taken per window of seconds. Generous to people and scripts; a flood ends here before it reaches the database. */
export const defaultRates = {
  request: { points: 10_000, duration: 10 },
  mint: { points: 60, duration: 60 },
  wrong: { points: 30, duration: 600 },
}

export function createRateLimits(rates: typeof defaultRates = defaultRates): RateLimits {
  const requests = new RateLimiterMemory(rates.request)
  const mints = new RateLimiterMemory(rates.mint)
  const wrong = new RateLimiterMemory(rates.wrong)
  const consume = (limiter: RateLimiterMemory, key: string) => limiter.consume(key).then(() => undefined, refuse)
  return {
    countRequest: (tokenId) => consume(requests, tokenId),
    countMint: (address) => consume(mints, address),
    async checkCredentials(address) {
      const state = await wrong.get(address)
      if (state && state.consumedPoints > rates.wrong.points) refuse(state)
    },
    countWrongCredentials: (address) => consume(wrong, address),
  }
}

function refuse(state: unknown): never {
  if (!(state instanceof RateLimiterRes)) throw state
  fail('rate_limited', 'too many requests; wait a little', { retryAfter: Math.ceil(state.msBeforeNext / 1000) })
}
