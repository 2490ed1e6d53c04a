/// <reference lib="webworker" />
import { arrivalPath, askBuild } from '../../shared/protocol/builds'
import { listWindows } from './build-caches'

declare const self: ServiceWorkerGlobalScope

/** Where the worker notes the windows to bring along: it may be ended between its installation and its turn. */
const note = '/service-worker/windows-to-bring-along'

/**
 * Asks every window which build it is. One that stays silent is of a build that can neither tell of an update nor take it, so the new
 * build takes over at once; all that such a page holds alone is kept by its drafts. Windows that answer are left to the person.
 */
export async function takeOverSilentWindows(cacheName: string): Promise<void> {
  // A first visit: the windows are of this build.
  if (!self.registration.active) return
  const windows = await listWindows()
  const builds = await Promise.all(windows.map(askBuild))
  const silent = windows.filter((_, index) => builds[index] === null).map(({ id }) => id)
  if (silent.length === 0) return
  await (await caches.open(cacheName)).put(note, Response.json(silent))
  // Not awaited: it settles only after the installation that it would hold up.
  void self.skipWaiting()
}

/** Loads the noted windows again, now that their requests come here. */
export async function bringWindowsAlong(cacheName: string): Promise<void> {
  const cache = await caches.open(cacheName)
  const noted = await cache.match(note)
  if (!noted) return
  await cache.delete(note)
  const silent = await noted.json() as string[]
  for (const window of await listWindows()) {
    // Not to its address: a worker sees the one that the window was opened at, and not where the person went from there.
    // Not awaited: the page that is asked for comes from here, and only once the activation is over. A window that was closed refuses.
    if (silent.includes(window.id)) void window.navigate(arrivalPath(window.url)).catch(() => null)
  }
}
