const lockName = 'holdfast:visible'

/** While this tab is in sight it shares a lock, so that the others know. A tab that goes away lets go of it by itself. */
export function announceVisibility(): void {
  let letGo: (() => void) | undefined
  const follow = (): void => {
    if (document.hidden) {
      letGo?.()
      letGo = undefined
      return
    }
    if (letGo) return
    void navigator.locks.request(lockName, { mode: 'shared' }, () => new Promise<void>((resolve) => {
      letGo = resolve
    }))
  }
  document.addEventListener('visibilitychange', follow)
  follow()
}

/** Whether any tab of this app is in sight. */
export async function isAnyTabVisible(): Promise<boolean> {
  const { held } = await navigator.locks.query()
  return held?.some(({ name }) => name === lockName) ?? false
}
