import { parseConfig, type Config } from './config'
import { createContext, setContext, type Context } from './context'
import { keepToOwner } from './host/rights'
import { explainAndExit } from './host/start-failure'
import { startPairCommand } from './tokens/pair-command'

/** How long open work may take to end after a signal. */
const stopWithin = 5_000

let starting: Promise<Context> | undefined
let stopping: (() => Promise<void>) | undefined

/** The settings, or the end of the process with a line for each that cannot be used. */
export function readConfig(): Config {
  try {
    return parseConfig(process.env)
  } catch (error) {
    return explainAndExit(error)
  }
}

/** Starts what the server is made of, once; a start that cannot be ends the process with its reason. */
export function startServer(config: Config): Promise<Context> {
  starting ??= start(config).catch(explainAndExit)
  return starting
}

/** Resolves when the server can answer, to what the person at the terminal is told then: how to claim a server that nobody owns. */
export async function whenStarted(): Promise<string> {
  return starting ? sayHowToClaim(await starting) : ''
}

async function sayHowToClaim(context: Context): Promise<string> {
  const claimCode = context.codes.claimCode()
  if (claimCode === null || await context.spaces.first() !== null) return ''
  return `\nThis server is not claimed yet. Open it on this machine within ten minutes, or use the claim code ${claimCode}\n\n`
}

/** Lets go of everything in order; for a server that turns out to be unable to listen. */
export async function stopServer(): Promise<void> {
  await stopping?.()
}

async function start(config: Config): Promise<Context> {
  keepToOwner()
  const context = await createContext(config, { waitForFolder: import.meta.dev ? 5_000 : 0 })
  setContext(context)
  const pairCommand = await startPairCommand(context)
  stopping = () => pairCommand.close().then(() => context.close())
  const stop = () => {
    setTimeout(() => process.exit(1), stopWithin).unref()
    stopServer().then(() => process.exit(0), explainAndExit)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  context.log.info({ database: context.dialect, signup: config.signup }, 'started')
  return context
}
