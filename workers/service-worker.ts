/// <reference lib="webworker" />
import { clientsClaim } from 'workbox-core'
import { PrecacheController, PrecacheRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { answerBuild, buildMessages, typeOfMessage } from '../shared/protocol/builds'
import { serverPath } from '../shared/protocol/server-paths'
import { bringWindowsAlong, takeOverSilentWindows } from './update/bring-along'
import { buildOfCache, copyKnownFiles, listWindows, nameCache, tidyCaches, type ManifestEntry } from './update/build-caches'

/**
 * Keeps the shell, its chunks, the database worker and the wasm, so that after one visit the app opens with the network and the
 * server gone. It knows nothing of threads: those are in the device's database. Each build has a cache of its own, which stays as long as a
 * window of that build does.
 */
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: ManifestEntry[] }

/** What is the server's alone: the share viewer is rendered there, and the rest is not a page. */
const serverOnly = [/^\/share\//, /^\/t\/[^/]+\/+api\//, serverPath]

const manifest = self.__WB_MANIFEST
const cacheName = nameCache(manifest)
const precache = new PrecacheController({ cacheName })
precache.addToCacheList(manifest)

registerRoute(new PrecacheRoute(precache, { cleanURLs: false }))
registerRoute(new NavigationRoute(precache.createHandlerBoundToURL('/'), { denylist: serverOnly }))
// A part that a window of another build asks for only now: the server has it no more.
registerRoute(
  ({ sameOrigin, url }) => sameOrigin && url.pathname.startsWith('/_nuxt/'),
  async ({ request }) => await caches.match(request, { ignoreVary: true }) ?? await fetch(request),
)

self.addEventListener('install', (event) => event.waitUntil(install(event)))

async function install(event: ExtendableEvent): Promise<void> {
  await copyKnownFiles(cacheName, manifest)
  await precache.install(event)
  await checkPage()
  await takeOverSilentWindows(cacheName)
}

/** A server that was replaced between this script and its page gave the page of another build: the next check begins anew. */
async function checkPage(): Promise<void> {
  const page = await (await precache.matchPrecache('/'))?.text() ?? ''
  const scripts = [...page.matchAll(/<script type="module" src="([^"]+)"/g)].map(([, path = '']) => path)
  if (scripts.length > 0 && scripts.every((path) => precache.getCacheKeyForURL(path))) return
  await caches.delete(cacheName)
  throw new Error('the page is of another build than this service worker')
}

// A first visit is served by the worker at once.
clientsClaim()
self.addEventListener('activate', (event) => event.waitUntil(activate()))

async function activate(): Promise<void> {
  await bringWindowsAlong(cacheName)
  // Windows say so when they have arrived; where there are none, nobody would.
  if ((await listWindows()).length === 0) await tidyCaches(cacheName)
}

// An update waits until the person agrees to it.
self.addEventListener('message', (event) => {
  switch (typeOfMessage(event.data)) {
    case buildMessages.which: return event.waitUntil(buildOfCache(cacheName).then((build) => answerBuild(event, build)))
    case buildMessages.tidy: return event.waitUntil(tidyCaches(cacheName))
    case buildMessages.takeOver: return event.waitUntil(self.skipWaiting())
  }
})

// A notice that a reply is finished leads to its thread.
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const path: unknown = event.notification.data?.path
  event.waitUntil(showPage(typeof path === 'string' && path.startsWith('/') && !path.startsWith('//') ? path : '/'))
})

async function showPage(path: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find((client) => client.url === new URL(path, self.location.origin).href) ?? pages[0]
  if (!page) return void await self.clients.openWindow(path)
  await page.focus()
  if (page.url !== new URL(path, self.location.origin).href) await page.navigate(path)
}
