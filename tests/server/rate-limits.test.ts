import { expect, test } from 'vitest'
import { addressToNetwork } from '~/server/http/address'
import { createBoundedMap } from '~/server/http/bounded-map'
import { createRateLimits } from '~/server/http/rate-limits'
import { createWindowLimit } from '~/server/http/window-limit'
import { createCodeWaits } from '~/server/tokens/code-waits'

const rates = { request: { points: 3, seconds: 10 }, mint: { points: 2, seconds: 10 }, wrongToken: { points: 2, seconds: 10 } }
const refusedFor = (retryAfter: number) => expect.objectContaining({ error: expect.objectContaining({ code: 'rate_limited', retryable: true, details: { retryAfter } }) })
const failure = (work: () => void): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}

test('[AU54] requests are limited per token, minting per address, and each says when to come back', () => {
  const limits = createRateLimits(rates, () => 0)
  for (let i = 0; i < 3; i++) limits.countRequest('a')
  expect(failure(() => limits.countRequest('a'))).toEqual(refusedFor(10))
  limits.countRequest('b')
  for (let i = 0; i < 2; i++) limits.countMint('1.2.3.4')
  expect(failure(() => limits.countMint('1.2.3.4'))).toEqual(refusedFor(10))
  limits.countMint('1.2.3.5')
})

test('[AU55] after too many wrong tokens an address is told to wait until its window ends', () => {
  let now = 0
  const limits = createRateLimits(rates, () => now)
  for (let i = 0; i < 2; i++) limits.countWrongToken('1.2.3.4')
  now = 4_000
  expect(failure(() => limits.countWrongToken('1.2.3.4'))).toEqual(refusedFor(6))
  limits.countWrongToken('1.2.3.5')
  now = 10_000
  limits.countWrongToken('1.2.3.4')
})

test('[AU120] an address waits 1, 2, 4 to 900 s from its fifth wrong code, and begins anew after an hour without one', () => {
  let now = 0
  const waits = createCodeWaits(() => now)
  for (let i = 0; i < 5; i++) waits.begin('1.2.3.4')
  for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]) {
    expect(failure(() => waits.begin('1.2.3.4'))).toEqual(refusedFor(seconds))
    waits.begin('1.2.3.5').right()
    now += seconds * 1_000
    waits.begin('1.2.3.4')
  }
  now += 900_000 + 3_600_000
  for (let i = 0; i < 5; i++) waits.begin('1.2.3.4')
  expect(failure(() => waits.begin('1.2.3.4'))).toEqual(refusedFor(1))
})

test('[AU120] codes that are tried at the same time do not slip past the wait, and a right one pardons only itself', () => {
  const waits = createCodeWaits(() => 0)
  const tries = Array.from({ length: 5 }, () => waits.begin('1.2.3.4'))
  expect(failure(() => waits.begin('1.2.3.4'))).toEqual(refusedFor(1))
  tries[4]!.right()
  waits.begin('1.2.3.4').right()
  waits.begin('1.2.3.4')
  expect(failure(() => waits.begin('1.2.3.4'))).toEqual(refusedFor(1))
})

test.each([
  ['1.2.3.4', '1.2.3.4'], ['::ffff:1.2.3.4', '1.2.3.4'], ['::FFFF:0102:0304', '1.2.3.4'], ['2001:db8:0:7:1:2:3:4', '2001:db8:0:7::/64'],
  ['2001:db8::7', '2001:db8:0:0::/64'], ['2001:DB8:0:7::', '2001:db8:0:7::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['::1', '0:0:0:0::/64'], ['', ''],
])('[AU121] %s is counted as %s', (address, key) => {
  expect(addressToNetwork(address)).toBe(key)
})

test('[AU122] a limit holds so many callers at most, and one that is held back stays so whoever else comes', () => {
  const limit = createWindowLimit({ points: 1, seconds: 10 }, () => 0, 100)
  limit.take('held')
  expect(limit.take('held')).toBe(10_000)
  for (let i = 0; i < 10_000; i++) limit.take(`other ${i}`)
  expect(limit.take('held')).toBe(10_000)
  expect(limit.size).toBeLessThanOrEqual(200)
  const map = createBoundedMap<number>({ max: 10, isHeavy: (value) => value > 1 })
  for (let i = 0; i < 1_000; i++) map.set(`${i}`, i % 3)
  expect(map.size).toBe(20)
})

test('[AU122] a clock that is put back ends every wait', () => {
  let now = 100_000_000
  const limit = createWindowLimit({ points: 1, seconds: 10 }, () => now)
  const waits = createCodeWaits(() => now)
  for (let i = 0; i < 5; i++) waits.begin('1.2.3.4')
  limit.take('held')
  limit.take('held')
  now -= 50_000_000
  expect(limit.take('held')).toBe(0)
  waits.begin('1.2.3.4')
})
