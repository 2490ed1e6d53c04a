import { guess, type createPathRange, type Range } from './pathRange'

/** The rows that are drawn in the flow: elements marked `data-row` with their id, without those marked `data-kept`. */
export const drawnRows = (content: HTMLElement | null): HTMLElement[] => [...content?.querySelectorAll<HTMLElement>(':scope > [data-row]:not([data-kept])') ?? []]
export const bottomOf = (element: HTMLElement): number => element.offsetTop + element.offsetHeight

/** The space above them as it stands in the page, in px: an element of its own, marked with its height. */
export const spaceAbove = (content: HTMLElement | null): number => Number(content?.querySelector<HTMLElement>(':scope > [data-above]')?.dataset.above ?? 0)

/** The height of a row, as far as the drawn ones tell. */
export const averageHeight = (drawn: readonly HTMLElement[]): number =>
  (drawn.length > 0 ? Math.max(40, (bottomOf(drawn.at(-1)!) - drawn[0]!.offsetTop) / drawn.length) : guess)

/** Which rows stand between two places, `most` of them, by those that are drawn and the space for the others. Of `sure` the number is known for certain. */
export function rowsBetween({ low, high }: { low: number, high: number }, drawn: readonly HTMLElement[], { range, eachAbove, eachBelow }: ReturnType<typeof createPathRange>,
  { total, most, sure }: { total: number, most: number, sure: { index: number, y: number } | null }): Range {
  const top = drawn[0]?.offsetTop ?? range.above
  const bottom = drawn.length > 0 ? bottomOf(drawn.at(-1)!) : top
  const indexOf = (y: number): number => {
    if (y < top) return range.first - Math.ceil((top - y) / eachAbove())
    if (y >= bottom) return range.end + Math.floor((y - bottom) / eachBelow())
    return range.first + drawn.findIndex((element) => bottomOf(element) > y)
  }
  const isNear = sure && sure.y >= low && sure.y <= high && (sure.index < range.first || sure.index >= range.end)
  const shift = isNear ? sure.index - indexOf(sure.y) : 0
  const first = Math.max(0, Math.min(total - 1, indexOf(low) + shift))
  return { first, end: Math.max(first + 1, Math.min(total, indexOf(high) + shift + 1, first + most)) }
}
