/// <reference lib="webworker" />
import { clientsClaim } from 'workbox-core'
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

/**
 * Keeps the shell, its chunks, the database worker and the wasm, so that after one visit the app opens with the network and the
 * server gone. It knows nothing of threads: those are in the device's database.
 */
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string, revision: string | null }[] }

/** What is the server's alone: the share viewer is rendered there, and the rest is not a page. */
const serverOnly = [/^\/share\//, /^\/api\//, /^\/t\/[^/]+\/+api\//, /^\/auth\/spsk/, /^\/(?:sync|push|pull|snapshot|blob|run_thread|healthz|fingerprint|aside|share-keys|share-audit)(?:\/|$)/, /^\/openrouter\//]

precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false })
cleanupOutdatedCaches()
registerRoute(new NavigationRoute(createHandlerBoundToURL('/'), { denylist: serverOnly }))

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

// A first visit is served by the worker at once; an update waits until the person agrees to reload.
clientsClaim()
self.addEventListener('message', (event) => {
  if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting()
})
