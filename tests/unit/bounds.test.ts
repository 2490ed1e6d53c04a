import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundJson, deepest, isWithinDepth } from '~/shared/domain/bounds'
import { cleanJson } from '~/shared/domain/text'

/** `[[[…]]]`, as deep as asked for. */
const nest = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

test('[SY110] depth is counted in levels, a scalar having none', () => {
  expect([isWithinDepth(1, 0), isWithinDepth([], 0), isWithinDepth([], 1), isWithinDepth({ a: [{}] }, 2), isWithinDepth({ a: [{}] }, 3)]).toEqual([true, false, true, false, true])
  expect([isWithinDepth(nest(deepest)), isWithinDepth(nest(deepest + 1))]).toEqual([true, false])
})

test('[SY111] what lies too deep is kept as its JSON text, at a depth of a million too', () => {
  for (const depth of [deepest + 1, 1_000, 100_000, 1_000_000]) {
    let value = boundJson(nest(depth))
    let levels = 0
    for (; Array.isArray(value); levels++) value = value[0]
    expect(levels).toBeLessThanOrEqual(deepest)
    expect(value, String(depth)).toBe('['.repeat(depth - levels) + ']'.repeat(depth - levels))
  }
})

test('[SY111] a wide list and keys of any kind are kept below the bound', () => {
  const inner = { 'list': Array.from({ length: 200_000 }, (_, index) => index), '': null, '"quoted"': true, '__proto__': 1.5 }
  const value = JSON.parse(`${'{"a":'.repeat(80)}${JSON.stringify(inner).replace('{', '{"__proto__":1.5,')}${'}'.repeat(80)}`) as unknown
  let bounded = boundJson(value)
  while (typeof bounded === 'object') bounded = (bounded as { a: unknown }).a
  const text = `${'{"a":'.repeat(80 - 60)}${'}'.repeat(80 - 60)}`
  expect(String(bounded).startsWith('{"a":'.repeat(80 - 60))).toBe(true)
  expect(String(bounded).endsWith('}'.repeat(80 - 60))).toBe(true)
  expect(String(bounded).length).toBeGreaterThan(text.length + 1_000_000)
  expect(JSON.stringify(JSON.parse(String(bounded)))).toBe(bounded)
})

test('[SY112] bounding twice is bounding once, and what is within bounds is only cleaned', () => {
  const deep = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.jsonValue(), fc.boolean()).map(([depth, value, isList]) => {
    let nested: unknown = value
    for (let i = 0; i < depth; i++) nested = isList ? [nested, i] : { [`k${i}`]: nested, after: null }
    return nested
  })
  fc.assert(fc.property(deep, (value) => {
    const once = boundJson(value)
    expect(isWithinDepth(once)).toBe(true)
    expect(boundJson(once)).toEqual(once)
    if (isWithinDepth(value)) expect(once).toEqual(cleanJson(value))
  }), { seed: 64, numRuns: 500 })
})
