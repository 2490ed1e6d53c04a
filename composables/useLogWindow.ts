import { computed, onBeforeUnmount, onMounted, ref, shallowReactive, shallowRef, watch, type Ref } from 'vue'
import type { Conversation, PathRow } from '~/workers/api'

/** Most articles in the page, beside one that has the focus. */
const mostShown = 56
/** Of a message that was not drawn yet, in px, before any was. */
const guess = 140
/** What counts as the end, in px. */
const slack = 40
const batch = 24

interface Place { id: string, y: number }
interface Range { first: number, end: number }

/**
 * Which messages of a long path are in view and near it, and the empty space that stands for the others. Messages have any height: those that are
 * drawn are measured, and whatever changes above what is read, it stays where it is; at the end, what comes new is followed. `ask` wants a
 * part of the path to be brought: from a number on, or its end. Rows are elements in `content` marked `data-row` with the message's id.
 */
export function useLogWindow(
  { scroller, content }: Record<'scroller' | 'content', Readonly<Ref<HTMLElement | null>>>, shown: Readonly<Ref<Conversation | null>>,
  ask: (from: number | null) => void,
) {
  const range = shallowReactive<Range & { above: number, below: number }>({ first: 0, end: 0, above: 0, below: 0 })
  const atEnd = ref(true)
  /** The row with the focus: it stays in the page, out of the flow where it is out of view. */
  const held = ref<string | null>(null)
  const heldRow = shallowRef<{ row: PathRow, y: number } | null>(null)
  const sizes = new Map<string, number>()
  let places: Place[] = []
  /** What is scrolled to once it is here: the end, a message, or a part far from the one that is drawn. */
  let heading: 'end' | { id: string, index: number } | (Range & { top: number }) | null = 'end'
  /** Nothing around has been measured: the space is guessed again once it has. */
  let fresh = true
  let placed = -1

  const loaded = computed((): Range => ({ first: shown.value?.offset ?? 0, end: (shown.value?.offset ?? 0) + (shown.value?.rows.length ?? 0) }))
  const total = computed(() => shown.value?.total ?? 0)
  const rowAt = (index: number): PathRow | undefined => shown.value?.rows[index - loaded.value.first]

  /** The rows in the page, in their order; `y` of one that is out of the flow. */
  const items = computed(() => {
    const rows: { row: PathRow, y: number | null }[] = []
    for (let index = range.first; index < range.end; index++) {
      const row = rowAt(index)
      if (row) rows.push({ row, y: null })
    }
    const kept = heldRow.value
    if (kept && held.value === kept.row.message.id && !rows.some(({ row }) => row.message.id === held.value)) {
      if (kept.row.index < range.first) rows.unshift(kept)
      else rows.push(kept)
    }
    return rows
  })

  const elements = (): HTMLElement[] => [...content.value?.querySelectorAll<HTMLElement>(':scope > [data-row]:not([data-kept])') ?? []]
  const bottomOf = (element: HTMLElement): number => element.offsetTop + element.offsetHeight
  const average = (): number => {
    const drawn = elements()
    return drawn.length > 0 ? Math.max(40, (bottomOf(drawn.at(-1)!) - drawn[0]!.offsetTop) / drawn.length) : guess
  }
  const overlaps = (a: Range, b: Range): boolean => a.first < b.end && b.first < a.end
  const within = ({ first, end }: Range, bounds: Range): Range => ({ first: Math.min(bounds.end, Math.max(first, bounds.first)), end: Math.max(bounds.first, Math.min(end, bounds.end)) })

  function measure(drawn: readonly HTMLElement[]): void {
    for (const [n, element] of drawn.entries()) {
      const next = drawn[n + 1]
      sizes.set(element.dataset.row!, next ? next.offsetTop - element.offsetTop : element.offsetHeight)
    }
  }

  /** Which rows belong in the page for what is scrolled to. */
  function wanted(box: HTMLElement, drawn: readonly HTMLElement[], margin: number): Range {
    const low = box.scrollTop - margin
    const high = box.scrollTop + box.clientHeight + margin
    const top = drawn[0]?.offsetTop ?? range.above
    const bottom = drawn.length > 0 ? bottomOf(drawn.at(-1)!) : top
    const usual = average()
    const eachAbove = range.first > 0 ? Math.max(20, range.above / range.first) : usual
    const eachBelow = range.end < total.value ? Math.max(20, range.below / (total.value - range.end)) : usual
    const indexOf = (y: number): number => {
      if (y < top) return range.first - Math.ceil((top - y) / eachAbove)
      if (y >= bottom) return range.end + Math.floor((y - bottom) / eachBelow)
      return range.first + drawn.findIndex((element) => bottomOf(element) > y)
    }
    const kept = heldRow.value
    const near = kept && drawn.every((element) => element.dataset.row !== held.value) && kept.y >= low && kept.y <= high ? kept : null
    const shift = near ? near.row.index - indexOf(near.y) : 0
    const first = Math.max(0, Math.min(total.value - 1, indexOf(low) + shift))
    return { first, end: Math.max(first + 1, Math.min(total.value, indexOf(high) + shift + 1, first + mostShown)) }
  }

  /** Begins anew around some rows; `top` is where the first of them stands. */
  function place({ first, end }: Range, top: number | null): void {
    const each = average()
    Object.assign(range, { first, end, above: first === 0 ? 0 : Math.max(0, top ?? first * each), below: (total.value - end) * each })
    places = []
    fresh = top === null
  }

  /** Moves on to rows that touch those that are drawn: those that go leave their height behind, those that come take what they are known or guessed to have. */
  function move({ first, end }: Range): void {
    const size = (from: number, to: number, each: number): number => {
      let sum = 0
      for (let index = from; index < to; index++) sum += sizes.get(rowAt(index)?.message.id ?? '') ?? each
      return sum
    }
    const eachAbove = range.first > 0 ? range.above / range.first : guess
    const eachBelow = range.end < total.value ? range.below / (total.value - range.end) : guess
    const above = range.above + size(range.first, first, guess) - size(first, range.first, eachAbove)
    const below = range.below + size(end, range.end, guess) - size(range.end, end, eachBelow)
    Object.assign(range, { first, end, above: first === 0 ? 0 : Math.max(0, above), below: end === total.value ? 0 : Math.max(0, below) })
  }

  /** Asks for another part where what is wanted nears the edge of what is here. */
  function bring({ first, end }: Range): void {
    if (!shown.value) return
    const limit = loaded.value.end - loaded.value.first
    const near = (first < loaded.value.first + 8 && loaded.value.first > 0) || (end > loaded.value.end - 8 && loaded.value.end < total.value)
    if (!near) return
    const from = Math.max(0, Math.floor(((first + end) / 2 - limit / 2) / 8) * 8)
    ask(from + limit >= total.value ? null : from)
  }

  /** Sees to it that what is in view, and some way beyond, is drawn. */
  function update(): void {
    const box = scroller.value
    if (!box || !shown.value || heading !== null) return
    const drawn = elements()
    measure(drawn)
    const margin = Math.min(1_200, Math.max(400, box.clientHeight))
    const least = within(wanted(box, drawn, margin / 3), { first: 0, end: total.value })
    const tooMany = range.end - range.first > mostShown
    if (!tooMany && least.first >= range.first && least.end <= range.end) return
    const want = wanted(box, drawn, margin)
    bring(want)
    const here = within(want, loaded.value)
    if (here.first >= here.end) heading = { ...want, top: box.scrollTop - margin }
    else if (overlaps(here, range) || here.first === range.end || here.end === range.first) move(here)
    else place(here, box.scrollTop - margin)
  }

  /** Goes where it was to go, once that is here. */
  function arrive(): void {
    if (heading === null || !shown.value) return
    if (heading === 'end') {
      if (loaded.value.end < total.value) return void ask(null)
      place({ first: Math.max(loaded.value.first, total.value - batch), end: total.value }, null)
    } else if ('id' in heading) {
      const { index } = heading
      place(within({ first: index - batch / 2, end: index + batch / 2 }, loaded.value), null)
    } else {
      const here = within(heading, loaded.value)
      if (here.first >= here.end) return void bring(heading)
      place(here, heading.top)
      heading = null
    }
  }

  function pick(): void {
    const box = scroller.value
    if (!box) return
    places = elements().filter((element) => bottomOf(element) > box.scrollTop && element.offsetTop < box.scrollTop + box.clientHeight)
      .map((element) => ({ id: element.dataset.row!, y: element.offsetTop }))
    const kept = elements().find((element) => element.dataset.row === held.value)
    const row = kept && shown.value?.rows.find(({ message }) => message.id === held.value)
    if (kept && row) heldRow.value = { row, y: kept.offsetTop }
  }

  function scrollTo(top: number): void {
    const box = scroller.value
    if (!box) return
    box.scrollTop = top
    placed = box.scrollTop
  }

  /** After each change of the page: what was read stays where it is, or the end is followed. */
  function settle(): void {
    const box = scroller.value
    if (!box || !shown.value) return
    if (fresh && elements().length > 0) {
      fresh = false
      const each = average()
      const before = range.above + range.below
      Object.assign(range, { above: range.first * each, below: (total.value - range.end) * each })
      // Where it is scrolled to is decided once that is in the page.
      if (range.above + range.below !== before) return
    }
    if (heading !== null && typeof heading === 'object' && 'id' in heading) {
      const { id } = heading
      const element = elements().find((one) => one.dataset.row === id)
      if (!element) return
      heading = null
      scrollTo(element.offsetTop - Math.max(0, (box.clientHeight - element.offsetHeight) / 2))
      atEnd.value = range.end === total.value && box.scrollHeight - box.clientHeight - box.scrollTop <= slack
    } else if (atEnd.value && range.end === total.value) {
      heading = null
      scrollTo(box.scrollHeight)
    } else {
      const tops = new Map(elements().map((element) => [element.dataset.row, element.offsetTop]))
      const anchor = places.find(({ id }) => tops.has(id))
      const shift = anchor ? tops.get(anchor.id)! - anchor.y : 0
      if (Math.abs(shift) >= 1) scrollTo(box.scrollTop + shift)
    }
    pick()
    update()
  }

  function scrolled(): void {
    const box = scroller.value
    if (!box || !shown.value) return
    const distance = box.scrollHeight - box.clientHeight - box.scrollTop
    if (!(atEnd.value && box.scrollTop >= placed)) {
      atEnd.value = range.end === total.value && distance <= slack
      placed = box.scrollTop
    }
    pick()
    update()
  }

  /** Goes to the end and follows it from there. */
  function toEnd(): void {
    atEnd.value = true
    heading = 'end'
    if (shown.value && loaded.value.end === total.value && range.end === total.value) heading = null
    arrive()
    settle()
  }

  /** Goes to a message of the part that is here. */
  function toMessage(id: string, index: number): void {
    atEnd.value = false
    heading = { id, index }
    arrive()
    settle()
  }

  // The numbers of what is drawn may be others now: what is there by its id goes on from its new one.
  watch(shown, (now, before) => {
    if (!now) return
    if (heading !== null || !before) return arrive()
    const was = new Map(before.rows.filter(({ index }) => index >= range.first && index < range.end).map(({ message, index }) => [message.id, index]))
    const same = places.map(({ id }) => now.rows.find(({ message }) => message.id === id)).find((row) => row && was.has(row.message.id)) ?? now.rows.find(({ message }) => was.has(message.id))
    const shift = same ? same.index - was.get(same.message.id)! : 0
    const grown = now.total - before.total - shift
    const follows = atEnd.value && range.end === before.total
    const next = within({ first: range.first + shift, end: follows ? Math.max(range.end + shift, now.total) : range.end + shift }, loaded.value)
    if (next.first >= next.end) {
      heading = atEnd.value ? 'end' : { ...within({ first: range.first, end: range.end }, { first: 0, end: now.total }), top: range.above }
      return arrive()
    }
    const each = range.first > 0 ? range.above / range.first : guess
    const eachBelow = range.end < before.total ? range.below / (before.total - range.end) : average()
    Object.assign(range, {
      above: next.first === 0 ? 0 : Math.max(0, range.above + (next.first - range.first) * each),
      below: next.end === now.total ? 0 : Math.max(0, range.below + (grown - (next.end - range.end - shift)) * eachBelow), ...next,
    })
    const kept = now.kept?.message.id === held.value ? now.kept : now.rows.find(({ message }) => message.id === held.value)
    if (kept && heldRow.value) heldRow.value = { ...heldRow.value, row: kept }
  }, { immediate: true })
  watch([items, () => range.above, () => range.below], settle, { flush: 'post' })

  function hold(): void {
    const row = document.activeElement?.closest<HTMLElement>('[data-row]') ?? null
    held.value = row && content.value?.contains(row) ? row.dataset.row! : null
    if (held.value === null) heldRow.value = null
    else pick()
  }
  /** Where it goes to tells itself. */
  const release = ({ relatedTarget }: FocusEvent): void => {
    if (!(relatedTarget instanceof Node && content.value?.contains(relatedTarget))) setTimeout(hold)
  }

  const observer = new ResizeObserver(settle)
  onMounted(() => {
    scroller.value?.addEventListener('scroll', scrolled, { passive: true })
    content.value?.addEventListener('focusin', hold)
    content.value?.addEventListener('focusout', release)
    if (scroller.value) observer.observe(scroller.value)
    if (content.value) observer.observe(content.value)
    settle()
  })
  onBeforeUnmount(() => {
    observer.disconnect()
    scroller.value?.removeEventListener('scroll', scrolled)
    content.value?.removeEventListener('focusin', hold)
    content.value?.removeEventListener('focusout', release)
  })

  return { range, items, held, atEnd, toEnd, toMessage }
}
