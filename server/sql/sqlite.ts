import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { StartFailure, wayBack } from '../host/start-failure'
import type { Damage } from './damage'
import type { Schema } from './schema'
import { isDamage } from './storage-failure'

export const databaseName = 'holdfast.sqlite'
/** What every file of SQLite begins with (its file format, 1.3). */
const magic = Buffer.from('SQLite format 3\0')

const cachedStatements = 500

/**
 * The database file in the data folder. One connection: SQLite has one writer, and statements run in the calling tick. A damaged page that any
 * statement meets is reported, and from then on every statement fails.
 */
export function openSqlite(dataDir: string, damage: Damage): Kysely<Schema> {
  const path = join(dataDir, databaseName)
  refuseOtherFile(path)
  const file = new BetterSqlite3(path)
  try {
    refuseOtherProgram(file, path)
    file.pragma('journal_mode = WAL')
    // Acknowledged means durable: every commit reaches the disk (sync.md §4).
    file.pragma('synchronous = FULL')
    file.pragma('foreign_keys = OFF')
    file.pragma('cache_size = -32000')
    file.pragma('temp_store = MEMORY')
  } catch (error) {
    file.close()
    throw error
  }
  return new Kysely<Schema>({
    dialect: new SqliteDialect({ database: withStatementCache(file, damage) }),
    log: (event) => { if (event.level === 'error' && isDamage(event.error)) damage.report(event.error) },
  })
}

/** A file that is none of SQLite's would be refused by its first statement, in words that say nothing of what it is. */
function refuseOtherFile(path: string): void {
  if (!existsSync(path)) return
  if (!statSync(path).isFile()) throw new StartFailure(`${path} is not a file. Move it away, or name another folder with NUXT_DATA_DIR.`)
  const head = Buffer.alloc(magic.length)
  const file = openSync(path, 'r')
  const read = readSync(file, head)
  closeSync(file)
  if (read > 0 && !head.equals(magic)) {
    throw new StartFailure(`${path} is not a SQLite database. If it is another program's, name another folder with NUXT_DATA_DIR; if it was Holdfast's, it is damaged. ${wayBack(dirname(path))}`)
  }
}

/** Asked before anything is changed: the file may be another program's. */
function refuseOtherProgram(file: BetterSqlite3.Database, path: string): void {
  const names = file.prepare<[], { name: string }>('select name from sqlite_schema where type = \'table\'').all().map(({ name }) => name)
  if (names.length > 0 && !['migration', 'space', 'client_token'].every((name) => names.includes(name))) {
    throw new StartFailure(`${path} is the database of another program. Name another folder with NUXT_DATA_DIR, or move the file away.`)
  }
}

/** Run in the place of `rollback` where SQLite has rolled back by itself, as it does when the disk is full: failing would hide why. */
const nothing = 'select 1 where false'

/** Kysely prepares anew for each query; parsing the SQL again would cost more than many of our queries. */
function withStatementCache(file: BetterSqlite3.Database, damage: Damage): BetterSqlite3.Database {
  const statements = new Map<string, BetterSqlite3.Statement>()
  const prepare = file.prepare.bind(file)
  const cached = (asked: string): BetterSqlite3.Statement => {
    const source = asked === 'rollback' && !file.inTransaction ? nothing : asked
    const damaged = damage.known()
    if (damaged && asked !== 'rollback') throw damaged
    // A pragma acts when it is prepared.
    if (source.startsWith('pragma')) return prepare(source)
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
