import { shallowReactive } from 'vue'

/** Rows from `first` on, before `end`. */
export interface Range { first: number, end: number }

export const within = ({ first, end }: Range, bounds: Range): Range =>
  ({ first: Math.min(bounds.end, Math.max(first, bounds.first)), end: Math.max(bounds.first, Math.min(end, bounds.end)) })

/** Of a row that was not drawn yet, in px, before any was. */
export const guess = 140

/** The rows of a path that are drawn, and the empty space above and below that stands for the others. Rows have any height; `total` counts all. */
export function createPathRange(total: () => number) {
  const range = shallowReactive<Range & { above: number, below: number }>({ first: 0, end: 0, above: 0, below: 0 })

  /** What the space gives each row that is not drawn, above and below. */
  const eachAbove = (): number => (range.first > 0 ? Math.max(20, range.above / range.first) : guess)
  const eachBelow = (rows = total()): number => (range.end < rows ? Math.max(20, range.below / (rows - range.end)) : guess)

  function set({ first, end }: Range, above: number, below: number): void {
    Object.assign(range, { first, end, above: first === 0 ? 0 : Math.max(0, above), below: end === total() ? 0 : Math.max(0, below) })
  }

  return {
    range, eachAbove, eachBelow,
    /** Begins anew around some rows, each of about a height; `top` is where the first of them stands. */
    place: (next: Range, each: number, top: number | null) => set(next, top ?? next.first * each, (total() - next.end) * each),
    /** Guesses the space again by what is drawn; answers whether that changed it. */
    guessAgain(each: number): boolean {
      const before = range.above + range.below
      set(range, range.first * each, (total() - range.end) * each)
      return range.above + range.below !== before
    },
    /** Takes so much from the space above, if it has that to give: what is drawn stays where it is then. */
    giveWay(height: number): boolean {
      const left = range.above - height
      if (range.first === 0 || left < 20 * range.first) return false
      range.above = left
      return true
    },
    /** Moves on to rows that touch those drawn: those that go leave the height they had, those that come take theirs if it is known, or what the space gave them. */
    move({ first, end }: Range, sizeOf: (index: number) => number | undefined): void {
      const size = (from: number, to: number, each: number): number => {
        let sum = 0
        for (let index = from; index < to; index++) sum += sizeOf(index) ?? each
        return sum
      }
      set({ first, end },
        range.above + size(range.first, first, guess) - size(first, range.first, eachAbove()),
        range.below + size(end, range.end, guess) - size(range.end, end, eachBelow()))
    },
    /** The path has other numbers now: they were `before`, and those drawn are `next`. */
    renumber(next: Range, before: number): void {
      const below = before - range.end
      const nowBelow = total() - next.end
      set(next, range.above + (next.first - range.first) * eachAbove(), below === nowBelow ? range.below : nowBelow * (below > 0 ? eachBelow(before) : guess))
    },
  }
}
