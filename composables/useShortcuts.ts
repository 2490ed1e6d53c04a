import { onBeforeUnmount, onMounted } from 'vue'

export interface Shortcut {
  /** `mod` is Cmd on a Mac, else Ctrl. */
  keys: string
  does: string
  run: () => void
  /** Also while somebody types. */
  whileTyping?: boolean
}

export const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform)

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

function matches(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split('+')
  const key = parts.at(-1) ?? ''
  const mod = isMac() ? event.metaKey : event.ctrlKey
  if (parts.includes('mod') !== mod || event.altKey) return false
  // A sign such as `?` needs Shift on some keyboards and not on others.
  if (/^[a-z]/i.test(key) && parts.includes('shift') !== event.shiftKey) return false
  return event.key.toLowerCase() === key.toLowerCase()
}

/** Listens for shortcuts on the whole page while the caller is mounted. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return
    const found = shortcuts.find(({ keys, whileTyping }) => matches(event, keys) && (whileTyping || !isTyping(event.target)))
    if (!found) return
    event.preventDefault()
    found.run()
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}

const macNames: Record<string, string> = { mod: '⌘', shift: '⇧', enter: '↵', escape: 'esc' }
const otherNames: Record<string, string> = { mod: 'Ctrl', shift: 'Shift', enter: 'Enter', escape: 'Esc' }

/** The keys as they are printed on this keyboard. */
export const keysToNames = (keys: string): string[] =>
  keys.split('+').map((key) => (isMac() ? macNames : otherNames)[key] ?? key.toUpperCase())
