import type { Config } from '../config'
import type { Log } from '../log'
import { migrate } from './migrate'
import { migrations } from './migrations'
import { openPostgres } from './postgres'
import type { Database, Dialect } from './schema'
import { openSqlite } from './sqlite'

/** Opens and migrates the database that the configuration names. */
export async function openDatabase(config: Pick<Config, 'databaseUrl' | 'dataDir'>, log: Log, now: () => number): Promise<{ database: Database, dialect: Dialect }> {
  const dialect = config.databaseUrl === null ? 'sqlite' : 'postgres'
  const database = config.databaseUrl === null ? openSqlite(config.dataDir) : openPostgres(config.databaseUrl, log)
  try {
    await migrate(database, dialect, migrations, now)
  } catch (error) {
    await database.destroy()
    throw error
  }
  return { database, dialect }
}
