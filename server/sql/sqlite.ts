import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import type { Schema } from './schema'

const cachedStatements = 500

/** The database file in the data folder. One connection: SQLite has one writer, and statements run in the calling tick. */
export function openSqlite(dataDir: string): Kysely<Schema> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = new BetterSqlite3(join(dataDir, 'holdfast.sqlite'))
  file.pragma('journal_mode = WAL')
  // Acknowledged means durable: every commit reaches the disk (sync.md §4).
  file.pragma('synchronous = FULL')
  file.pragma('foreign_keys = OFF')
  file.pragma('cache_size = -32000')
  file.pragma('temp_store = MEMORY')
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: withStatementCache(file) }) })
}

/** Run in the place of `rollback` where SQLite has rolled back by itself, as it does when the disk is full: failing would hide why. */
const nothing = 'select 1 where false'

/** Kysely prepares anew for each query; parsing the SQL again would cost more than many of our queries. */
function withStatementCache(file: BetterSqlite3.Database): BetterSqlite3.Database {
  const statements = new Map<string, BetterSqlite3.Statement>()
  const prepare = file.prepare.bind(file)
  const cached = (asked: string): BetterSqlite3.Statement => {
    const source = asked === 'rollback' && !file.inTransaction ? nothing : asked
    const known = statements.get(source)
    // A statement that is being stepped through cannot be run a second time.
    if (known && !known.busy) return known
    const statement = prepare(source)
    if (statements.size >= cachedStatements) statements.delete(statements.keys().next().value!)
    statements.set(source, statement)
    return statement
  }
  file.prepare = cached as typeof file.prepare
  return file
}
