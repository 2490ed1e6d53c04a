import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPathRange, type Range } from '~/composables/pathRange'

const total = 1_000
/** Of every row its own. */
const sizeOf = (index: number): number => 40 + index * 37 % 400

describe('the space for rows that are not drawn', () => {
  it('[UI76] is none at both ends, and grows by what goes out of view', () => {
    const { range, place, move } = createPathRange(() => total)
    place({ first: 980, end: total }, 100, null)
    expect(range).toEqual({ first: 980, end: total, above: 98_000, below: 0 })
    move({ first: 990, end: total }, sizeOf)
    expect(range.above).toBe(98_000 + Array.from({ length: 10 }, (_, n) => sizeOf(980 + n)).reduce((a, b) => a + b))
    place({ first: 0, end: 20 }, 100, 5_000)
    expect(range).toMatchObject({ above: 0, below: 98_000 })
  })

  it('[UI76] is what it was when one comes back over rows that were drawn', () => {
    const step = fc.record({ first: fc.integer({ min: -15, max: 15 }), end: fc.integer({ min: -15, max: 15 }) })
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { range, place, move } = createPathRange(() => total)
      place({ first: 480, end: 520 }, 100, null)
      const ranges: Range[] = []
      for (const { first, end } of steps) {
        ranges.push({ first: range.first, end: range.end })
        const from = Math.max(400, Math.min(range.end, range.first + first))
        move({ first: from, end: Math.min(600, Math.max(from + 1, range.first, range.end + end)) }, sizeOf)
      }
      for (const back of ranges.reverse()) move(back, sizeOf)
      expect(range.above).toBeCloseTo(48_000, 6)
      expect(range.below).toBeCloseTo(48_000, 6)
    }))
  })

  it('[UI76] gives way to rows that are higher than it said, as long as there is some', () => {
    const { range, place, giveWay } = createPathRange(() => total)
    place({ first: 10, end: 30 }, 100, null)
    expect([giveWay(300), range.above, giveWay(-50), range.above, giveWay(700), range.above]).toEqual([true, 700, true, 750, false, 750])
  })

  it('[UI76] follows the numbers of the rows', () => {
    let count = total
    const { range, place, renumber } = createPathRange(() => count)
    place({ first: 500, end: 530 }, 100, null)
    count = total - 2
    renumber({ first: 498, end: 528 }, total)
    expect(range).toMatchObject({ first: 498, end: 528, above: 49_800, below: 47_000 })
    count = total + 1
    renumber({ first: 498, end: 528 }, total - 2)
    expect(range).toMatchObject({ above: 49_800, below: 47_300 })
    renumber({ first: 498, end: count }, count)
    expect(range.below).toBe(0)
  })
})
