import type { H3Event } from 'h3'
import { closeCode } from '~/shared/protocol/close-code'
import { openBlobs } from './blobs/open'
import type { Blobs } from './blobs/blobs'
import type { Config } from './config'
import { createClientAddress, type ClientAddress } from './http/address'
import { createRateLimits, type RateLimits } from './http/rate-limits'
import { createStrangerBytes, type StrangerBytes } from './http/stranger-bytes'
import { openDataFolder, refuseLostDatabase } from './host/data-folder'
import { mendRights } from './host/rights'
import { explainAndExit, toStartFailure, type StartFailure } from './host/start-failure'
import { createLog, type Log } from './log'
import type { ShareQuotas } from './shares/quotas'
import { createShares, type Shares } from './shares/shares'
import { createOpenRouter, type OpenRouter } from './openrouter/openrouter'
import { createRuns, type Runs } from './runs/runs'
import { createSpaces, type Spaces } from './spaces/spaces'
import { createDamage, type Damage } from './sql/damage'
import { lockFolder } from './sql/folder-lock'
import { openDatabase } from './sql/open'
import { takeServerLock } from './sql/server-lock'
import type { Database, Dialect } from './sql/schema'
import { createHub, type Hub } from './sync/hub'
import { maintain } from './sync/maintenance'
import { createSnapshots, type Snapshots } from './sync/snapshots'
import { createSync, type Sync } from './sync/sync'
import { openCodeKey } from './tokens/code-key'
import { createCodes, type Codes } from './tokens/codes'
import { createFlows, type Flows } from './tokens/flows'
import { createTokens, type Tokens } from './tokens/tokens'

/** Everything the server is made of. Routes and sessions get it whole; subjects get only what they need. */
export interface Context {
  config: Config
  log: Log
  database: Database
  dialect: Dialect
  damage: Damage
  /** Wall clock in ms. */
  now(): number
  startedAt: number
  clientAddress: ClientAddress
  limits: RateLimits
  strangers: StrangerBytes
  spaces: Spaces
  tokens: Tokens
  flows: Flows
  codes: Codes
  sync: Sync
  hub: Hub
  snapshots: Snapshots
  openrouter: OpenRouter
  runs: Runs
  blobs: Blobs
  shares: Shares
  close(): Promise<void>
}

const hour = 60 * 60 * 1000
/** A server that never runs for an hour is tidied all the same. */
const soonAfterStart = 60 * 1000

/** What the outside gives: the clock, where log lines go (stdout if absent), other bounds for shares, and how long (ms) to wait for a data folder in use. */
export interface Surroundings {
  now?(): number
  log?: Log
  shareQuotas?: Partial<ShareQuotas>
  waitForFolder?: number
  /** Another server has taken the PostgreSQL over. */
  lost?(failure: StartFailure): void
  /** Lets several servers run on one PostgreSQL at once. */
  sharesDatabase?: boolean
}

/** Takes the data folder, opens the database and assembles the subjects. Fails as a whole, with a `StartFailure` where a person can mend why: nothing stays open. */
export async function createContext(config: Config, surroundings: Surroundings = {}): Promise<Context> {
  try {
    return await open(config, surroundings)
  } catch (error) {
    throw toStartFailure(error, config)
  }
}

async function open(config: Config, surroundings: Surroundings): Promise<Context> {
  const { now = Date.now, log = createLog(config), shareQuotas, lost = explainAndExit } = surroundings
  const { dataDir, databaseUrl } = config
  openDataFolder(dataDir)
  if (databaseUrl === null) refuseLostDatabase(dataDir)
  const releases: (() => Promise<void> | void)[] = [lockFolder(dataDir, surroundings.waitForFolder)]
  const release = async () => {
    for (const give of releases.splice(0).reverse()) await give()
  }
  try {
    if (databaseUrl !== null && !surroundings.sharesDatabase) releases.push(await takeServerLock(databaseUrl, { log, lost }))
    const damage = createDamage({ dataDir, log })
    const opened = await openDatabase(config, { log, damage, now })
    releases.push(() => opened.database.destroy())
    // Only now is it known to be ours: another program's files are left as they are.
    mendRights(dataDir, log)
    return await assemble(config, { ...opened, damage }, { now, log, shareQuotas, release })
  } catch (error) {
    await release()
    throw error
  }
}

/** Each start tries once what an earlier one could not read. A row that fails again stops nothing. */
async function returnAsideRows({ database, sync, log }: Pick<Context, 'database' | 'sync' | 'log'>): Promise<void> {
  for (const { space } of await database.selectFrom('aside').select('space').distinct().execute()) {
    await sync.returnAside(space).catch((error: unknown) => log.error({ err: error, space }, 'rows kept aside could not be tried again'))
  }
}

interface Parts { now(): number, log: Log, shareQuotas: Partial<ShareQuotas> | undefined, release(): Promise<void> }

async function assemble(config: Config, { database, dialect, damage }: { database: Database, dialect: Dialect, damage: Damage }, { now, log, shareQuotas, release }: Parts): Promise<Context> {
  const hub = createHub()
  damage.onFound(() => hub.closeAll(closeCode.failed, 'database_damaged'))
  const spaces = createSpaces({ database, now })
  const flows = createFlows()
  const tokens = createTokens({ database, hub, flows, now, ttlDays: config.spskTtlDays })
  const codes = createCodes({ config, database, log, now, key: openCodeKey(config.dataDir) })
  const sync = createSync({ database, dialect, hub, log, now, spaceMaxBytes: config.spaceMaxBytes })
  await returnAsideRows({ database, sync, log })
  const blobs = await openBlobs({ database, transaction: sync.transaction, now, log, dataDir: config.dataDir, maxBytes: config.blobMaxBytes, spaceBytes: config.blobSpaceBytes })
  const openrouter = createOpenRouter({ apiUrl: config.openrouterApiUrl, publicUrl: config.publicUrl, now })
  const runs = createRuns({ database, dialect, sync, openrouter, blobs, log, now })
  // One process owns the folder: whatever is open was left behind by an earlier one.
  if (dialect === 'sqlite') await runs.reap('all')
  const shares = await createShares({ database, dialect, blobs, now, log, config }, shareQuotas)
  const sweeps = [setInterval(() => hub.sweep(now()), 1_000), setInterval(() => flows.sweep(now()), 500)]
  const tidy = () => void maintain({ database, sync, spaces, now }).catch((error: unknown) => log.error({ err: error }, 'maintenance failed'))
  const timers = [setInterval(tidy, hour), setTimeout(tidy, soonAfterStart), ...sweeps]
  for (const timer of timers) timer.unref()

  return {
    config, log, database, dialect, damage, now, spaces, tokens, flows, codes, sync, hub, openrouter, runs, blobs, shares,
    snapshots: createSnapshots({ database, sync, dataDir: config.dataDir, log }),
    startedAt: now(),
    clientAddress: createClientAddress(config.trustedProxies),
    limits: createRateLimits(undefined, now),
    strangers: createStrangerBytes(),
    async close() {
      for (const timer of timers) clearInterval(timer)
      await runs.close()
      hub.closeAll(1001, 'the server is stopping')
      await shares.close()
      await blobs.close()
      await release()
    },
  }
}

declare module 'h3' {
  interface H3EventContext { holdfast?: Context }
}

let running: Context | undefined

/** Set once, by the server's plugin or by a test's server. */
export function setContext(context: Context | undefined): void {
  running = context
}

/** The running server's context; an event of a test's server carries its own. */
export function getContext(event?: H3Event): Context {
  const context = event?.context.holdfast ?? running
  if (!context) throw new Error('the server has not started')
  return context
}
