import { onBeforeUnmount, shallowReactive, type Ref } from 'vue'
import { messageIdSchema, type MessageId } from '~/shared/domain/ids'

/** Which messages are, or have been, near the visible part of a scroller: those are worth drawing in full. */
export function useNearView(scroller: Readonly<Ref<HTMLElement | null>>) {
  const near = shallowReactive(new Set<MessageId>())
  const observed = new Map<MessageId, Element>()
  let observer: IntersectionObserver | null = null

  function see(entries: IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      near.add(messageIdSchema.parse(target.id))
      observer?.unobserve(target)
    }
  }

  /** For `:ref` of a message's component or element. */
  function observe(id: MessageId, item: unknown): void {
    const element = item instanceof Element ? item : item && typeof item === 'object' && '$el' in item ? item.$el : null
    const before = observed.get(id)
    if (before === element) return
    if (before) observer?.unobserve(before)
    observed.delete(id)
    if (!(element instanceof Element) || near.has(id)) return
    observer ??= new IntersectionObserver(see, { root: scroller.value, rootMargin: '1200px 0px' })
    observed.set(id, element)
    observer.observe(element)
  }

  onBeforeUnmount(() => observer?.disconnect())
  return { near, observe }
}
