import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScrubber } from '~/server/openrouter/scrub'

const keys = ['sk-or-v1-0123456789abcdef0123456789abcdef', 'custom.key/AAAA-aaaa', 'aaaaabaaaaab']

describe.each(keys)('the key %s', (key) => {
  const scrubber = createScrubber(key)

  it('[RN160] is taken out of a text and of every string of a value', () => {
    expect(scrubber.text(`before ${key} after`)).toMatch(/^before (sk-or-)?… after$/)
    expect(JSON.stringify(scrubber.json({ a: [`x${key}`], [key]: 1 }))).not.toContain(key)
  })

  it('[RN160] is masked in bytes, whose length and rest stay', () => {
    const bytes = Buffer.from(`\x89PNG ${key} ${key}\n`, 'latin1')
    const clean = Buffer.from(scrubber.bytes(bytes))
    expect(clean.includes(key)).toBe(false)
    expect([clean.length, clean.subarray(0, 5), clean.at(-1)]).toEqual([bytes.length, bytes.subarray(0, 5), 10])
    const other = Buffer.from('no key, sk-or not')
    expect(scrubber.bytes(other)).toBe(other)
  })

  it('[RN160] never comes out of a stream, however it is cut, and nothing else is lost', () => {
    fc.assert(fc.property(fc.string(), fc.string(), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (before, after, sizes) => {
      const text = `${before} ${key} ${after}`
      const stream = scrubber.stream()
      let out = ''
      for (let at = 0, i = 0; at < text.length; i++) {
        const size = sizes[i % sizes.length]!
        out += stream.push(text.slice(at, at + size))
        at += size
      }
      out += stream.flush()
      expect(out).not.toContain(key)
      expect(out).toBe(scrubber.text(text))
    }), { seed: 7, numRuns: 300 })
  })
})

it('[RN160] any key of OpenRouter is taken out, not only the run\'s own', () => {
  expect(createScrubber(null).text('see sk-or-v1-ffff.')).toBe('see sk-or-….')
})

it('[RN160] text without a key passes a stream at once', () => {
  const stream = createScrubber(keys[0]!).stream()
  expect(['a', ' risk', 's', ' sk', '-o', 'dd'].map((piece) => stream.push(piece))).toEqual(['a', ' risk', 's', ' sk', '-o', 'dd'])
})
