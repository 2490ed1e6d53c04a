import { deletionMark, isListed, localData } from '~/shared/domain/local-data'

const began = localStorage.getItem(deletionMark)
let leaving = false

/** Whether the data this page was opened with has been deleted from this browser, in whatever tab. */
export const isLeftBehind = (): boolean => localStorage.getItem(deletionMark) !== began

/** Leaves for a fresh start: nothing in this page's memory may come back. */
export function leaveBehind(): void {
  if (leaving) return
  leaving = true
  deleteFrom(sessionStorage, localData.sessionStorage)
  window.location.replace('/')
}

/** Keeps a text in localStorage. All that stores keep there goes through here, so that no tab brings back what was deleted. */
export function keep(key: string, text: string): void {
  if (isLeftBehind()) leaveBehind()
  else localStorage.setItem(key, text)
}

export const drop = (key: string): void => localStorage.removeItem(key)

/** Deletes what pages keep, and the notices that are still on show. From now on no page that is open writes any. */
export async function deleteKept(mark: string): Promise<void> {
  // The mark first: it is what holds the other tabs.
  localStorage.setItem(deletionMark, mark)
  deleteFrom(localStorage, localData.localStorage)
  deleteFrom(sessionStorage, localData.sessionStorage)
  const registration = await navigator.serviceWorker?.getRegistration()
  for (const notice of await registration?.getNotifications() ?? []) notice.close()
}

function deleteFrom(storage: Storage, names: readonly string[]): void {
  for (const key of Object.keys(storage)) if (key !== deletionMark && isListed(names, key)) storage.removeItem(key)
}
