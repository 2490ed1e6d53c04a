import { nextTick, onBeforeUnmount, onBeforeUpdate, onMounted, onUpdated, ref, shallowRef, type Ref } from 'vue'

const overlays = '[role="dialog"], [role="alertdialog"], [role="menu"]'
const parts = ['a', 'button', 'input'] as const

interface RowList {
  root: Ref<HTMLElement | null>
  count(): number
  /** The number of a row by its `data-row`; -1 if it is not known. */
  indexOf(id: string): number
  page(): number
  reveal(index: number): void
}

/**
 * The focus in a list of which only a part is in the page. The row that has it, or whose menu is open, is `held`: it stays in the page. Arrows,
 * Home, End and the page keys walk from link to link through the whole list. Rows are marked `data-row`, and numbered by `aria-posinset`.
 */
export function useRowFocus({ root, count, indexOf, page, reveal }: RowList) {
  const held = shallowRef<string | null>(null)
  /** Where the focus goes as soon as that row is there. */
  const wanted = ref<number | null>(null)
  let before: { id: string, part: string, place: string | null } | null = null

  const rowOf = (node: EventTarget | null) =>
    node instanceof HTMLElement && root.value?.contains(node) ? node.closest<HTMLElement>('[data-row]')?.dataset.row ?? null : null

  function focusMoved({ target }: FocusEvent): void {
    const row = rowOf(target)
    if (row === null && target instanceof Element && target.closest(overlays)) return
    held.value = row
    wanted.value = null
  }

  function goTo(index: number): void {
    wanted.value = Math.min(Math.max(0, index), count() - 1)
    reveal(wanted.value)
    void nextTick(arrive)
  }

  function arrive(): void {
    if (wanted.value === null) return
    const link = root.value?.querySelector<HTMLElement>(`[aria-posinset="${wanted.value + 1}"] a`)
    link?.focus({ preventScroll: true })
  }

  function walk(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    const id = event.target instanceof HTMLAnchorElement ? rowOf(event.target) : null
    const from = wanted.value ?? (id === null ? -1 : indexOf(id))
    if (id === null || from < 0) return
    const steps: Record<string, number> = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page(), PageUp: from - page(), Home: 0, End: count() - 1 }
    const to = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined
    if (to === undefined) return
    event.preventDefault()
    goTo(to)
  }

  // A row that takes another place may lose the focus on its way; one that is gone leaves it to the row that stands there now.
  onBeforeUpdate(() => {
    const active = document.activeElement
    const id = rowOf(active)
    const place = active?.closest('[data-row]')?.getAttribute('aria-posinset') ?? null
    before = id === null ? null : { id, place, part: parts.find((part) => active?.matches(part)) ?? 'a' }
  })
  onUpdated(() => {
    if (before && document.activeElement === document.body) {
      const next = root.value?.querySelector<HTMLElement>(`[data-row="${before.id}"] ${before.part}`)
      ;(next ?? root.value?.querySelector<HTMLElement>(`[aria-posinset="${before.place}"] a`))?.focus({ preventScroll: true })
    }
    arrive()
  })
  onMounted(() => document.addEventListener('focusin', focusMoved))
  onBeforeUnmount(() => document.removeEventListener('focusin', focusMoved))

  return { held, walk }
}
