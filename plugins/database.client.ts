import { defineNuxtPlugin, useRuntimeConfig } from '#app'
import type { DatabaseClient } from '~/workers/api'
import { isLeftBehind, leaveBehind } from '~/stores/kept'
import { createDatabaseClient, startDatabaseWorker } from '~/workers/client'

declare module '#app' {
  interface NuxtApp { $database: DatabaseClient }
}
declare module 'vue' {
  interface ComponentCustomProperties { $database: DatabaseClient }
}

// Without a secure context there are no locks, storage or keys: the app shows one page that says so, and asks for no database.
// Begun while the app's scripts are still being read, since the worker has as much to read itself.
const worker = window.isSecureContext ? startDatabaseWorker() : null

/** A page that slept while local data was deleted starts anew instead. */
function mayWake(): boolean {
  if (isLeftBehind()) leaveBehind()
  return !isLeftBehind()
}

/** Gives the app its database before anything else asks for it. */
export default defineNuxtPlugin({
  name: 'database',
  enforce: 'pre',
  setup: () => worker ? { provide: { database: createDatabaseClient(worker, useRuntimeConfig().app.buildId, mayWake) } } : undefined,
})
