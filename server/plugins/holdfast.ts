import { fileURLToPath } from 'node:url'
import { defineNitroPlugin } from 'nitropack/runtime'
import type { RenderContext } from 'nitropack/types'
import { ConfigError, parseConfig, type Config } from '~/server/config'
import { createContext, setContext, type Context } from '~/server/context'
import { readPageHashes } from '~/server/http/inline-scripts'
import { installHttp } from '~/server/http/install'
import { refuseAsPage } from '~/server/http/no-page'
import { FolderInUseError } from '~/server/sql/folder-lock'
import { startPairCommand } from '~/server/tokens/pair-command'
import { errorStatus } from '~/shared/errors'

/** How long open work may take to end after a signal. */
const stopWithin = 5_000

/** Starts the server: settings, database, guard, socket, the pairing command, and an orderly stop. */
export default defineNitroPlugin((nitroApp) => {
  // Building the shell runs the app once; nothing of ours may start then.
  if (import.meta.prerender) return
  const config = readConfig()
  let hashes: readonly string[] = []
  const starting = start(config).then((context) => {
    // Only now: while modules are still being evaluated, Nitro does not know where its entry lies.
    hashes = readPageHashes(fileURLToPath(new URL('../public', import.meta.url)))
    return context
  })
  starting.catch(explainAndExit)
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

function readConfig(): Config {
  try {
    return parseConfig(process.env)
  } catch (error) {
    return explainAndExit(error)
  }
}

async function start(config: Config): Promise<Context> {
  const context = await createContext(config, { waitForFolder: import.meta.dev ? 5_000 : 0 })
  setContext(context)
  const pairCommand = await startPairCommand(context)
  const stop = () => {
    setTimeout(() => process.exit(1), stopWithin).unref()
    pairCommand.close().then(() => context.close()).then(() => process.exit(0), explainAndExit)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  const claimCode = context.codes.claimCode()
  if (claimCode !== null && await context.spaces.first() === null) {
    // For the person at the terminal, who must see it; it ends with the first claim.
    process.stdout.write(`\nThis server is not claimed yet. Open it on this machine within ten minutes, or use the claim code ${claimCode}\n\n`)
  }
  context.log.info({ database: context.dialect, signup: config.signup }, 'started')
  return context
}

/** What a person can mend is said in a sentence; anything else with its stack. */
function explainAndExit(error: unknown): never {
  const isExpected = error instanceof ConfigError || error instanceof FolderInUseError
  process.stderr.write(`${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
