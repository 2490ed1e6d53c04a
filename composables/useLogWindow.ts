import { computed, onBeforeUnmount, onMounted, onUpdated, ref, shallowRef, watch, type Ref } from 'vue'
import type { ShownConversation } from '~/stores/messages'
import type { PathRow } from '~/workers/api'
import { averageHeight, bottomOf, drawnRows, rowsBetween, spaceAbove } from './drawnRows'
import { createPathRange, within, type Range } from './pathRange'
import { useHeldRow } from './useHeldRow'

/** Most articles in the page, beside one that has the focus; and so many to begin with. */
const mostShown = 56
const batch = 24
/** Most passes a frame. */
const mostPasses = 20
/** What counts as the end, in px. */
const slack = 40

/** What is gone to once it is here: an end, a message, or rows far from those that are drawn. */
type Heading = 'start' | 'end' | { id: string, index: number } | (Range & { top: number })

/**
 * Which messages of a long path are in view and near it. Whatever changes above what is read, that stays where it is; at the end, what comes new is
 * followed. `ask` wants a part of the path to be brought: from a number on, or its end.
 */
export function useLogWindow(
  { scroller, content }: Record<'scroller' | 'content', Readonly<Ref<HTMLElement | null>>>, shown: Readonly<Ref<ShownConversation | null>>,
  { beginsAtEnd, ask }: { beginsAtEnd: boolean, ask(from: number | null): void },
) {
  const total = computed(() => shown.value?.total ?? 0)
  const loaded = computed((): Range => ({ first: shown.value?.offset ?? 0, end: (shown.value?.offset ?? 0) + (shown.value?.rows.length ?? 0) }))
  const rowAt = (index: number): PathRow | undefined => shown.value?.rows[index - loaded.value.first]
  const spaces = createPathRange(() => total.value)
  const { range } = spaces

  const atEnd = ref(beginsAtEnd)
  /** Where the row with the focus stands: it stays in the page when it is out of view. */
  const kept = shallowRef<{ row: PathRow, y: number } | null>(null)
  const held = useHeldRow(content, pick)
  const sizes = new Map<string, number>()
  /** What is in view, and where. */
  let places: { id: string, y: number }[] = []
  let heading: Heading | null = beginsAtEnd ? 'end' : null
  /** Nothing around has been measured: the space is guessed again once it has. */
  let fresh = true
  let placed = -1

  /** The rows in the page, in their order; `y` of one that is out of the flow. */
  const items = computed(() => {
    const rows: { row: PathRow, y: number | null }[] = []
    for (let index = range.first; index < range.end; index++) {
      const row = rowAt(index)
      if (row) rows.push({ row, y: null })
    }
    const one = kept.value
    if (one && one.row.message.id === held.value && !isGone(held.value) && !rows.some(({ row }) => row.message.id === held.value)) {
      if (one.row.index < range.first) rows.unshift(one)
      else rows.push(one)
    }
    return rows
  })

  /** Whether a message was asked for and is on the path no more. */
  function isGone(id: string): boolean {
    const here = shown.value
    return here?.keep === id && here.kept?.message.id !== id && !here.rows.some(({ message }) => message.id === id)
  }

  const elements = (): HTMLElement[] => drawnRows(content.value)
  /** Which rows belong in the page for what is scrolled to. */
  function wanted(box: HTMLElement, drawn: readonly HTMLElement[], margin: number): Range {
    const sure = kept.value && kept.value.row.message.id === held.value ? { index: kept.value.row.index, y: kept.value.y } : null
    return rowsBetween({ low: box.scrollTop - margin, high: box.scrollTop + box.clientHeight + margin }, drawn, spaces, { total: total.value, most: mostShown, sure })
  }

  function place(next: Range, top: number | null): void {
    spaces.place(next, averageHeight(elements()), top)
    places = []
    fresh = top === null
  }

  /** Asks for another part where what is wanted nears the edge of what is here. */
  function bring({ first, end }: Range): void {
    const limit = loaded.value.end - loaded.value.first
    const near = (first < loaded.value.first + 8 && loaded.value.first > 0) || (end > loaded.value.end - 8 && loaded.value.end < total.value)
    if (!near) return
    const from = Math.max(0, Math.floor(((first + end) / 2 - limit / 2) / 8) * 8)
    ask(from + limit >= total.value ? null : from)
  }

  /** Sees to it that what is in view, and some way beyond, is drawn. */
  function update(): void {
    const box = scroller.value
    if (!box || range.end === 0 || heading !== null) return
    const drawn = elements()
    for (const [n, element] of drawn.entries()) sizes.set(element.dataset.row!, (drawn[n + 1]?.offsetTop ?? bottomOf(element)) - element.offsetTop)
    const margin = Math.min(1_200, Math.max(400, box.clientHeight))
    const least = wanted(box, drawn, margin / 3)
    if (range.end - range.first <= mostShown && least.first >= range.first && least.end <= range.end) return
    const want = wanted(box, drawn, margin)
    bring(want)
    const here = within(want, loaded.value)
    if (here.first >= here.end) heading = { ...want, top: box.scrollTop - margin }
    else if (here.first <= range.end && range.first <= here.end) spaces.move(here, (index) => sizes.get(rowAt(index)?.message.id ?? ''))
    else place(here, box.scrollTop - margin)
  }

  /** Draws what is gone to, once it is here. */
  function arrive(): void {
    if (heading === null || !shown.value) return
    if (heading === 'end') {
      if (loaded.value.end < total.value) ask(null)
      else place({ first: Math.max(loaded.value.first, total.value - batch), end: total.value }, null)
    } else if (heading === 'start') {
      if (loaded.value.first > 0) ask(0)
      else place(within({ first: 0, end: batch }, loaded.value), 0)
    } else if ('id' in heading) {
      place(within({ first: heading.index - batch / 2, end: heading.index + batch / 2 }, loaded.value), null)
    } else {
      const here = within(heading, loaded.value)
      if (here.first >= here.end) return bring(heading)
      place(here, heading.top)
      heading = null
    }
  }

  function pick(): void {
    const box = scroller.value
    if (!box) return
    const drawn = elements()
    places = drawn.filter((element) => bottomOf(element) > box.scrollTop && element.offsetTop < box.scrollTop + box.clientHeight)
      .map((element) => ({ id: element.dataset.row!, y: element.offsetTop }))
    const element = drawn.find(({ dataset }) => dataset.row === held.value)
    const row = element && shown.value?.rows.find(({ message }) => message.id === held.value)
    const y = element?.offsetTop ?? 0
    if (element && row && (kept.value?.row !== row || kept.value.y !== y)) kept.value = { row, y }
  }

  function scrollTo(top: number): void {
    const box = scroller.value
    if (!box) return
    box.scrollTop = top
    placed = box.scrollTop
  }

  /** After each change of the page: what was read stays where it is, or the end is followed. */
  let passes = 0
  function settle(): void {
    // Each pass may draw other rows, which brings the next: the rest waits for the next frame.
    if (passes === 0) requestAnimationFrame(() => {
      const isLeft = passes > mostPasses
      passes = 0
      if (isLeft) settle()
    })
    if (++passes > mostPasses) return
    const box = scroller.value
    const drawn = elements()
    // What was just decided is yet to come into the page: this is called again then.
    if (!box || !shown.value || spaceAbove(content.value) !== range.above) return
    // The person has scrolled, and its event is yet to come.
    if (atEnd.value && heading === null && box.scrollTop < placed) atEnd.value = isAtEnd(box)
    if (fresh && drawn.length > 0) {
      fresh = false
      // Where it is scrolled to is decided once that is in the page.
      if (spaces.guessAgain(averageHeight(drawn))) return
    }
    if (heading !== null && typeof heading === 'object' && 'id' in heading) {
      const { id } = heading
      const element = drawn.find(({ dataset }) => dataset.row === id)
      if (!element) return
      heading = null
      scrollTo(element.offsetTop - Math.max(0, (box.clientHeight - element.offsetHeight) / 2))
      atEnd.value = isAtEnd(box)
    } else if (heading === 'start') {
      if (range.first > 0) return
      heading = null
      scrollTo(0)
    } else if (atEnd.value && range.end === total.value) {
      heading = null
      scrollTo(box.scrollHeight)
    } else {
      const tops = new Map(drawn.map((element) => [element.dataset.row, element.offsetTop]))
      const anchor = places.find(({ id }) => tops.has(id))
      const shift = anchor ? tops.get(anchor.id)! - anchor.y : 0
      if (Math.abs(shift) >= 1) scrollTo(box.scrollTop + shift)
    }
    pick()
    update()
  }

  const isAtEnd = (box: HTMLElement): boolean => range.end === total.value && box.scrollHeight - box.clientHeight - box.scrollTop <= slack
  function scrolled(): void {
    const box = scroller.value
    if (!box) return
    if (!(atEnd.value && box.scrollTop >= placed)) {
      atEnd.value = isAtEnd(box)
      placed = box.scrollTop
    }
    pick()
    update()
  }

  function go(to: 'start' | 'end' | { id: string, index: number }): void {
    atEnd.value = to === 'end'
    heading = to
    // What is drawn already is scrolled to as it is.
    if (to !== 'end' || loaded.value.end < total.value || range.end < total.value) arrive()
    settle()
  }

  // The numbers of what is drawn may be others now: what is there goes on by its id.
  watch(shown, (now, before) => {
    if (!now) return
    if (heading !== null || !before) return arrive()
    const was = new Map(before.rows.filter(({ index }) => index >= range.first && index < range.end).map(({ message, index }) => [message.id as string, index]))
    const stays = new Map(now.rows.filter(({ message }) => was.has(message.id)).map(({ message, index }) => [message.id as string, index]))
    const same = places.find(({ id }) => stays.has(id))?.id ?? stays.keys().next().value
    const shift = same === undefined ? 0 : stays.get(same)! - was.get(same)!
    const follows = atEnd.value && range.end === before.total
    const next = within({ first: range.first + shift, end: follows ? now.total : range.end + shift }, loaded.value)
    if (next.first < next.end) {
      spaces.renumber(next, before.total)
      const one = now.kept?.message.id === held.value ? now.kept : now.rows.find(({ message }) => message.id === held.value)
      if (one && kept.value) kept.value = { ...kept.value, row: one }
    } else {
      heading = follows ? 'end' : { ...within(range, { first: 0, end: now.total }), top: range.above }
      arrive()
    }
  }, { immediate: true })
  onUpdated(settle)

  const observer = new ResizeObserver(settle)
  onMounted(() => {
    scroller.value?.addEventListener('scroll', scrolled, { passive: true })
    if (scroller.value) observer.observe(scroller.value)
    if (content.value) observer.observe(content.value)
    settle()
  })
  onBeforeUnmount(() => {
    observer.disconnect()
    scroller.value?.removeEventListener('scroll', scrolled)
  })

  return { range, items, held, atEnd, toStart: () => go('start'), toEnd: () => go('end'), toMessage: (id: string, index: number) => go({ id, index }) }
}
