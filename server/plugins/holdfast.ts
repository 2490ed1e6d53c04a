import { fileURLToPath } from 'node:url'
import { defineNitroPlugin } from 'nitropack/runtime'
import type { RenderContext } from 'nitropack/types'
import { readPageHashes } from '~/server/http/inline-scripts'
import { installHttp } from '~/server/http/install'
import { refuseAsPage } from '~/server/http/no-page'
import { readConfig, startServer, whenStarted } from '~/server/start'
import { errorStatus } from '~/shared/errors'

/** Starts the server, and puts its guard and its socket before everything else. */
export default defineNitroPlugin((nitroApp) => {
  // Building the shell runs the app once; nothing of ours may start then.
  if (import.meta.prerender) return
  const config = readConfig()
  let hashes: readonly string[] = []
  const starting = startServer(config).then((context) => {
    // Only now: while modules are still being evaluated, Nitro does not know where its entry lies.
    hashes = readPageHashes(fileURLToPath(new URL('../public', import.meta.url)))
    return context
  })
  // The built server says it when it listens.
  if (import.meta.dev) void whenStarted().then((howToClaim) => process.stdout.write(howToClaim))
  // Only the development server stops this way, to start anew with changed code.
  nitroApp.hooks.hookOnce('close', async () => (await starting).close())
  nitroApp.hooks.hook('render:before', refusePage)
  installHttp(nitroApp.h3App, { config, ready: () => starting, hashes: () => (import.meta.dev ? null : hashes) })
})

/** Keeps the app's page from answering for a route that does not exist. */
function refusePage(render: RenderContext): void {
  const error = refuseAsPage(render.event)
  if (error) render.response = { statusCode: errorStatus[error.code], headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: JSON.stringify({ ok: false, error }) }
}
