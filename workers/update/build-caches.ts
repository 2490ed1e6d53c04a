/// <reference lib="webworker" />
import { askBuild, buildOfPage } from '../../shared/protocol/builds'

declare const self: ServiceWorkerGlobalScope

export interface ManifestEntry { url: string, revision: string | null }

const prefix = 'holdfast-build-'
/** Builds up to the first that kept a cache of its own shared one, named so by Workbox. */
const isBuildCache = (name: string): boolean => name.startsWith(prefix) || name.startsWith('workbox-precache-')

/** The cache of one build: its page differs from that of every other build. */
export function nameCache(manifest: readonly ManifestEntry[]): string {
  const page = manifest.find(({ url }) => url === '/')
  if (!page?.revision) throw new Error('the manifest names no page')
  return prefix + page.revision
}

/** The build that a cache holds, read off the page in it; null for one that is not filled yet. */
export async function buildOfCache(name: string): Promise<string | null> {
  const cache = await caches.open(name)
  const page = (await cache.keys()).find(({ url }) => new URL(url).pathname === '/')
  const response = page && await cache.match(page)
  return response ? buildOfPage(await response.text()) : null
}

/** Files carry their hash in their name: what another build has of them is not fetched again. */
export async function copyKnownFiles(name: string, manifest: readonly ManifestEntry[]): Promise<void> {
  if ((await caches.keys()).every((other) => other === name)) return
  const own = await caches.open(name)
  await Promise.all(manifest.filter(({ revision }) => revision === null).map(async ({ url }) => {
    const known = await caches.match(url)
    if (known && !(await own.match(url))) await own.put(url, known)
  }))
}

/** The windows of the app, without the pages of shares, which have no scripts of the app and need none of its caches. */
export async function listWindows(): Promise<WindowClient[]> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  return windows.filter(({ url, frameType }) => frameType !== 'nested' && !new URL(url).pathname.startsWith('/share/'))
}

/**
 * Deletes the caches of builds that nothing lives of, neither a window nor a service worker. While one of them does not say which
 * build it is, because it is frozen or of a build that does not know the question, everything stays.
 */
export async function tidyCaches(own: string): Promise<void> {
  const names = (await caches.keys()).filter(isBuildCache)
  // Caches are listed by age. The newest is kept unasked: it may be of a worker so new that this one does not see it yet.
  const others = names.slice(0, -1).filter((name) => name !== own)
  if (others.length === 0) return
  const { active, waiting, installing } = self.registration
  const workers = [active, waiting, installing].filter((worker) => worker !== null && worker !== self.serviceWorker)
  const living = await Promise.all([...await listWindows(), ...workers as ServiceWorker[]].map(askBuild))
  if (living.includes(null)) return
  for (const name of others) if (!living.includes(await buildOfCache(name))) await caches.delete(name)
}
