import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clockCounter, clockDevice, clockSchema, clockTime, clockWriter, formatClock, nextClock, noClock } from '~/shared/sync/clock'

const writer = 'abcdefgh.2345'
const times = fc.integer({ min: 0, max: 4_000_000_000_000 })

describe('clocks', () => {
  it('[SY1] sort as text in the order of time, then counter', () => {
    fc.assert(fc.property(times, times, fc.nat(99_999), fc.nat(99_999), (a, b, i, j) => {
      const order = a - b || i - j
      expect(Math.sign(order)).toBe(formatClock(a, i, writer) < formatClock(b, j, writer) ? -1 : formatClock(a, i, writer) === formatClock(b, j, writer) ? 0 : 1)
    }))
  })

  it('[SY1] the next clock is above the last and never before now', () => {
    fc.assert(fc.property(times, times, fc.nat(99_999), (now, last, counter) => {
      const before = formatClock(last, counter, 'zzzzzzzz.zzzz')
      const next = nextClock(now, before, writer)
      expect(next > before).toBe(true)
      expect(clockTime(next)).toBeGreaterThanOrEqual(now)
      expect(clockSchema.safeParse(next).success).toBe(true)
    }))
  })

  it('[SY1] a counter that is full moves on to the next millisecond', () => {
    expect(nextClock(5, formatClock(9, 99_999, writer), writer)).toBe(formatClock(10, 0, writer))
  })

  it('[SY1] begins at now where there was none, and cuts fractions off', () => {
    expect(nextClock(1234.9, noClock, writer)).toBe('0000000001234:00000:abcdefgh.2345')
  })

  it('reads its parts back', () => {
    const clock = formatClock(1_800_000_000_000, 7, writer)
    expect([clockTime(clock), clockCounter(clock), clockWriter(clock), clockDevice(clock)]).toEqual([1_800_000_000_000, 7, writer, 'abcdefgh'])
    expect(clockDevice(formatClock(1, 0, 'server'))).toBe('server')
  })

  it.each(['', '1:2:server', '0000000000001:00001:Server', '0000000000001:00001:abcdefgh', '0000000000001:00001:abcdefgh.1', '0000000000001:00001:abcdefgh.abcd '])('refuses %j', (text) => {
    expect(clockSchema.safeParse(text).success).toBe(false)
  })
})
