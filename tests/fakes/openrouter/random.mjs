/** A small seeded generator (mulberry32, public domain): numbers from 0 to 1. @param {number} seed */
export function createRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * Cuts bytes at random places, also inside a character or a line end. Long texts are cut into about 2,000 pieces at most.
 * @param {Buffer} bytes
 * @param {() => number} random
 * @returns {Buffer[]}
 */
export function splitBytes(bytes, random) {
  const longest = Math.max(60, Math.ceil(bytes.length / 1_000))
  const pieces = []
  for (let at = 0; at < bytes.length;) {
    const length = 1 + Math.floor(random() * longest)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}
