import { defineNuxtPlugin, useRuntimeConfig } from '#app'
import type { DatabaseClient } from '~/workers/api'
import { createDatabaseClient } from '~/workers/client'

declare module '#app' {
  interface NuxtApp { $database: DatabaseClient }
}
declare module 'vue' {
  interface ComponentCustomProperties { $database: DatabaseClient }
}

/** Starts this tab's database worker before anything else asks for it. */
export default defineNuxtPlugin({
  name: 'database',
  enforce: 'pre',
  setup: () => {
    // Without a secure context there are no locks, storage or keys: the app shows one page that says so, and asks for no database.
    if (!window.isSecureContext) return
    return { provide: { database: createDatabaseClient(useRuntimeConfig().app.buildId) } }
  },
})
