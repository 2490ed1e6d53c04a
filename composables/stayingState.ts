import { computed, shallowReactive, type WritableComputedRef } from 'vue'

/** What is drawn again each time it comes into view, and is to be as it was: by names that hold for as long as the page does. */
const opened = shallowReactive(new Set<string>())
const seen = new Map<string, number>()

/** Whether something is folded out, as the person left it. */
export const useStaysOpen = (name: () => string): WritableComputedRef<boolean> => computed({
  get: () => opened.has(name()),
  set: (isOpen) => void (isOpen ? opened.add(name()) : opened.delete(name())),
})

/** When something was drawn first, in ms. */
export function firstSeen(name: string): number {
  const at = seen.get(name) ?? Date.now()
  seen.set(name, at)
  return at
}
