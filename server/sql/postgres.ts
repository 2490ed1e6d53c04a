import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Log } from '../log'
import type { Schema } from './schema'

/** int8, and what sum() and count() give: all of ours stay below 2^53. */
const numberTypes = new Set<number>([pg.types.builtins.INT8, pg.types.builtins.NUMERIC])

/** PostgreSQL by its address. Numbers come as numbers, as SQLite gives them; JSON is text in both. */
export function openPostgres(databaseUrl: string, log: Log): Kysely<Schema> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    types: { getTypeParser: (oid: number, format?: 'text' | 'binary') => (numberTypes.has(oid) ? Number : pg.types.getTypeParser(oid, format as 'text')) },
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection broke'))
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
}
