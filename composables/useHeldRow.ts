import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** The row of a list that has the focus. Rows are marked `data-row` with their id. */
export function useHeldRow(content: Readonly<Ref<HTMLElement | null>>, onHold: () => void) {
  const held = ref<string | null>(null)

  function hold(): void {
    const row = document.activeElement?.closest<HTMLElement>('[data-row]') ?? null
    held.value = row && content.value?.contains(row) ? row.dataset.row! : null
    onHold()
  }
  /** Where it goes to tells itself. */
  function release({ relatedTarget }: FocusEvent): void {
    if (!(relatedTarget instanceof Node && content.value?.contains(relatedTarget))) setTimeout(hold)
  }

  onMounted(() => {
    content.value?.addEventListener('focusin', hold)
    content.value?.addEventListener('focusout', release)
  })
  onBeforeUnmount(() => {
    content.value?.removeEventListener('focusin', hold)
    content.value?.removeEventListener('focusout', release)
  })
  return held
}
