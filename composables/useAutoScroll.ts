import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

const slack = 40

/**
 * Keeps a scroller at its end while it is at its end: content that grows is followed, and nothing moves for somebody who has scrolled up.
 */
export function useAutoScroll(scroller: Readonly<Ref<HTMLElement | null>>, content: Readonly<Ref<HTMLElement | null>>) {
  const atEnd = ref(true)
  /** Where we put it ourselves, to tell our own scroll events from the person's. */
  let placed = -1

  function toEnd(): void {
    const box = scroller.value
    if (!box) return
    atEnd.value = true
    box.scrollTop = box.scrollHeight
    placed = box.scrollTop
  }

  function onScroll(): void {
    const box = scroller.value
    if (!box) return
    const distance = box.scrollHeight - box.clientHeight - box.scrollTop
    if (atEnd.value && box.scrollTop >= placed) return
    atEnd.value = distance <= slack
    placed = box.scrollTop
  }

  /** Before something else is scrolled to: from then on the person's place counts, which may be the end all the same. */
  function leaveEnd(): void {
    placed = Number.POSITIVE_INFINITY
    requestAnimationFrame(onScroll)
  }

  const observer = new ResizeObserver(() => {
    if (atEnd.value) toEnd()
  })

  onMounted(() => {
    if (scroller.value) {
      scroller.value.addEventListener('scroll', onScroll, { passive: true })
      observer.observe(scroller.value)
    }
    if (content.value) observer.observe(content.value)
    toEnd()
  })
  onBeforeUnmount(() => {
    observer.disconnect()
    scroller.value?.removeEventListener('scroll', onScroll)
  })

  return { atEnd, toEnd, leaveEnd }
}
