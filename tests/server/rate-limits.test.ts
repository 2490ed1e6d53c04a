import { expect, test } from 'vitest'
import { createRateLimits } from '~/server/http/rate-limits'

const rates = { request: { points: 3, duration: 10 }, mint: { points: 2, duration: 10 }, wrong: { points: 2, duration: 10 } }
const refused = { error: { code: 'rate_limited', retryable: true } }

test('[AU54] requests are limited per token, minting per address, and each says when to come back', async () => {
  const limits = createRateLimits(rates)
  for (let i = 0; i < 3; i++) await limits.countRequest('a')
  await expect(limits.countRequest('a')).rejects.toMatchObject({ error: { code: 'rate_limited', details: { retryAfter: 10 } } })
  await limits.countRequest('b')
  for (let i = 0; i < 2; i++) await limits.countMint('1.2.3.4')
  await expect(limits.countMint('1.2.3.4')).rejects.toMatchObject(refused)
  await limits.countMint('1.2.3.5')
})

test('[AU55] after too many wrong credentials an address may try no further code', async () => {
  const limits = createRateLimits(rates)
  for (let i = 0; i < 2; i++) {
    await limits.countWrongCredentials('1.2.3.4')
    await limits.checkCredentials('1.2.3.4')
  }
  await expect(limits.countWrongCredentials('1.2.3.4')).rejects.toMatchObject(refused)
  await expect(limits.checkCredentials('1.2.3.4')).rejects.toMatchObject(refused)
  await limits.checkCredentials('1.2.3.5')
})
