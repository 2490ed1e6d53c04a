import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config'
import { holdsBlobs, lostDatabase } from '../host/data-folder'
import { StartFailure, wayBack } from '../host/start-failure'
import type { Log } from '../log'
import { checkPages } from './check-pages'
import { forgetDamage, isToBeChecked, type Damage } from './damage'
import { migrate } from './migrate'
import { migrations } from './migrations'
import { openPostgres } from './postgres'
import type { Database, Dialect } from './schema'
import { databaseName, openSqlite } from './sqlite'

const patienceMs = 15_000

export interface OpenOptions { log: Log, damage: Damage, now(): number }

/** Opens and migrates the database that the configuration names. */
export async function openDatabase(config: Pick<Config, 'databaseUrl' | 'dataDir'>, { log, damage, now }: OpenOptions): Promise<{ database: Database, dialect: Dialect }> {
  const { databaseUrl, dataDir } = config
  const dialect = databaseUrl === null ? 'sqlite' : 'postgres'
  const isUnchecked = databaseUrl === null && isToBeChecked(dataDir)
  const database = databaseUrl === null ? openSqlite(dataDir, damage) : openPostgres(databaseUrl, log)
  try {
    if (isUnchecked) await checkFile(dataDir, { log, damage, now })
    await migrate(database, dialect, migrations, now)
    const space = await database.selectFrom('space').select('id').limit(1).executeTakeFirst()
    if (!space && holdsBlobs(dataDir)) throw new StartFailure(lostDatabase('The database is that of a new server', dataDir))
  } catch (error) {
    await database.destroy()
    throw error
  }
  return { database, dialect }
}

/**
 * After a stop that was none the file is looked through before anybody is served from it. That reads all of it: what takes longer than
 * the patience goes on beside the work.
 */
async function checkFile(dataDir: string, { log, damage }: OpenOptions): Promise<void> {
  const path = join(dataDir, databaseName)
  const checking = checkPages(path)
  const settle = (found: string | null) => (found === null ? forgetDamage(dataDir) : damage.report(new Error(found)))
  const given = new AbortController()
  const first = await Promise.race([checking, sleep(patienceMs, undefined, { signal: given.signal }).catch(() => undefined)])
  given.abort()
  if (first === undefined) return void checking.then(settle, (error: unknown) => log.error({ err: error }, 'the database could not be checked'))
  if (first !== null) throw new StartFailure(`The database ${path} is damaged (${first}). ${wayBack(dataDir)}`)
  settle(first)
}
