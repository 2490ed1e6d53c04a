/** Seeded randomness (mulberry32): what a test found once, it finds again. */
export interface Random { below(limit: number): number, bytes(length: number): Buffer, of<T>(items: readonly T[]): T }

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  return { below, bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => next() & 255)), of: (items) => items[below(items.length)]! }
}
