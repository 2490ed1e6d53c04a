import { computed, onBeforeUnmount, onMounted, shallowReactive, type Ref } from 'vue'

/** A heading with the rows under it, which are numbered through the whole list. */
export interface RowGroup { start: number, count: number }

/** Heights, in rem: all rows have one and so have all headings, so that a place is arithmetic and nothing is measured or kept for each row. */
export const rowHeight = 2.125
export const headHeight = 2
/** So many rows beyond both edges are in the page, for Tab and for a short scroll. */
const beyond = 8

/**
 * Which rows of a long list are in view and near it. `root` holds the groups, one below the other, in something that scrolls and is marked
 * `data-scroller`. It knows nothing of what the rows are.
 */
export function useVirtualRows(root: Ref<HTMLElement | null>, groups: Readonly<Ref<readonly RowGroup[]>>, onScroll: (top: number) => void) {
  const view = shallowReactive({ row: 34, head: 32, top: 0, height: 0, scrolled: 0 })
  let scroller: HTMLElement | null = null

  const count = computed(() => groups.value.reduce((sum, group) => sum + group.count, 0))

  /** Where a row begins below the top of the list, in px. */
  function topOf(index: number, among = groups.value): number {
    const heads = among.findIndex(({ start, count }) => index < start + count) + 1 || among.length
    return index * view.row + heads * view.head
  }

  /** The row at a place below the top of the list, or the one after a heading that is there. */
  function rowAt(y: number): number {
    let top = 0
    for (const { start, count } of groups.value) {
      top += view.head
      if (y < top + count * view.row) return start + Math.max(0, Math.floor((y - top) / view.row))
      top += count * view.row
    }
    return Math.max(0, count.value - 1)
  }

  const first = computed(() => rowAt(view.scrolled - view.top - beyond * view.row))
  const last = computed(() => rowAt(view.scrolled - view.top + view.height + beyond * view.row))

  function measure(): void {
    if (!root.value || !scroller) return
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    const top = root.value.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop
    Object.assign(view, { row: rowHeight * rem, head: headHeight * rem, top, height: scroller.clientHeight, scrolled: scroller.scrollTop })
  }

  function scrolled(): void {
    if (!scroller) return
    view.scrolled = scroller.scrollTop
    onScroll(view.scrolled)
  }

  function scrollTo(top: number): void {
    if (!scroller) return
    scroller.scrollTop = top
    scrolled()
  }

  /** Scrolls as little as it takes to have a row in view, its heading with it where it is the first. */
  function reveal(index: number): void {
    const top = view.top + topOf(index)
    if (index === 0) scrollTo(0)
    else if (top - view.head < view.scrolled) scrollTo(top - view.head)
    else if (top + view.row > view.scrolled + view.height) scrollTo(top + 1.25 * view.row - view.height)
  }

  let observer: ResizeObserver | undefined
  onMounted(() => {
    scroller = root.value?.closest<HTMLElement>('[data-scroller]') ?? null
    if (!scroller || !root.value) return
    scroller.addEventListener('scroll', scrolled, { passive: true })
    observer = new ResizeObserver(measure)
    observer.observe(scroller)
    observer.observe(root.value)
    measure()
  })
  onBeforeUnmount(() => {
    observer?.disconnect()
    scroller?.removeEventListener('scroll', scrolled)
  })

  return {
    first, last, count, topOf, scrollTo, reveal,
    /** Rows that fit into the view. */
    page: () => Math.max(1, Math.floor(view.height / view.row) - 1),
    scrolled: () => view.scrolled,
    /** Whether the list stands at its beginning, where what comes new is to be seen. */
    atStart: () => view.scrolled < view.top + view.head + view.row,
  }
}
