const overlays = '[role="dialog"], [role="alertdialog"], [role="menu"]'

/** Gives the focus back to where it was when a dialog that held it goes away: the component kit leaves it nowhere. */
export function useReturnFocus(): void {
  let place: HTMLElement | null = null

  function remember({ target }: FocusEvent): void {
    if (target instanceof HTMLElement && !target.closest(overlays)) place = target
  }

  // Dialogs hang below the body itself, so that only its own children are watched.
  const observer = new MutationObserver((records) => {
    const removed = records.flatMap(({ removedNodes }) => [...removedNodes])
    const closed = removed.some((node) => node instanceof Element && node.matches('[role="dialog"], [role="alertdialog"]'))
    if (closed && document.activeElement === document.body && place?.isConnected) place.focus()
  })

  onMounted(() => {
    document.addEventListener('focusin', remember)
    observer.observe(document.body, { childList: true })
  })
  onUnmounted(() => {
    document.removeEventListener('focusin', remember)
    observer.disconnect()
  })
}
