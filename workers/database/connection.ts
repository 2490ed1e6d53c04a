import type { Database, PreparedStatement, Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import { createError, HoldfastException } from '~/shared/errors'
import type { SqlDriver, SqlRow, SqlValue } from './driver'

/** Statements kept prepared per connection; the app's own set is about half of this. */
const statementsKept = 200

/** The part of a driver that is the same wherever the file lives. `oo1` only: binding a JS string by the C API throws in this build. */
export function createConnection(sqlite3: Sqlite3Static, database: Database): Omit<SqlDriver, 'replaceWith'> {
  const statements = new Map<string, PreparedStatement>()
  let synchronous = ''
  let depth = 0

  database.exec('pragma locking_mode=exclusive; pragma journal_mode=wal; pragma cache_size=-32000; pragma temp_store=memory; pragma foreign_keys=off')

  function prepare(sql: string): PreparedStatement {
    let statement = statements.get(sql)
    if (statement) statements.delete(sql)
    else statement = database.prepare(sql)
    statements.set(sql, statement)
    const [oldest] = statements.keys()
    if (statements.size > statementsKept && oldest !== undefined) {
      statements.get(oldest)?.finalize()
      statements.delete(oldest)
    }
    return statement
  }

  function query<T>(sql: string, params: readonly SqlValue[] | undefined, take: (statement: PreparedStatement) => T): T {
    const statement = prepare(sql)
    try {
      if (params && params.length > 0) statement.bind([...params])
      return take(statement)
    } catch (cause) {
      throw toException(sqlite3, cause)
    } finally {
      // By the C API: the wrapper's own reset throws a failed step's error once more, in the place of ours.
      sqlite3.capi.sqlite3_reset(statement.pointer!)
      statement.clearBindings()
    }
  }

  function exec(sql: string) {
    try {
      database.exec(sql)
    } catch (cause) {
      throw toException(sqlite3, cause)
    }
  }

  function rollback() {
    // A full disk has rolled back already.
    if (sqlite3.capi.sqlite3_get_autocommit(database.pointer!) === 0) database.exec('rollback')
  }

  return {
    exec,
    all: <T = SqlRow>(sql: string, params?: readonly SqlValue[]) => query(sql, params, (statement) => {
      const rows: T[] = []
      if (!statement.step()) return rows
      const names = statement.getColumnNames()
      do rows.push(readRow<T>(statement, names))
      while (statement.step())
      return rows
    }),
    get: <T = SqlRow>(sql: string, params?: readonly SqlValue[]) => query(sql, params, (statement) => (statement.step() ? readRow<T>(statement, statement.getColumnNames()) : undefined)),
    run: (sql, params) => query(sql, params, (statement) => {
      while (statement.step());
    }),
    transaction(work, { sync = 'full' } = {}) {
      if (depth > 0) return work()
      if (synchronous !== sync) {
        exec(`pragma synchronous=${sync}`)
        synchronous = sync
      }
      exec('begin immediate')
      depth++
      try {
        const result = work()
        exec('commit')
        return result
      } catch (error) {
        rollback()
        throw error
      } finally {
        depth--
      }
    },
    inTransaction: () => depth > 0 || sqlite3.capi.sqlite3_get_autocommit(database.pointer!) === 0,
    checkpoint: () => exec('pragma wal_checkpoint(truncate)'),
    export: () => sqlite3.capi.sqlite3_js_db_export(database),
    close() {
      for (const statement of statements.values()) statement.finalize()
      statements.clear()
      database.close()
    },
  }
}

/** A row under its columns' names, which are read once per query: out of the wasm a name costs as much as a value. */
function readRow<T>(statement: PreparedStatement, names: readonly string[]): T {
  const values = statement.get([])
  const row: Record<string, unknown> = {}
  for (let i = 0; i < names.length; i++) row[names[i]!] = values[i]
  return row as T
}

/**
 * A full disk is an expected failure, with words of its own; anything else is a bug or a corrupt file and stays what it is. A file of the
 * origin's private file system that can't grow says so as a failure to write, with the browser's own error lost on the way.
 */
function toException({ SQLite3Error, capi }: Sqlite3Static, cause: unknown): unknown {
  const code = cause instanceof SQLite3Error ? cause.resultCode & 0xff : capi.SQLITE_OK
  return code === capi.SQLITE_FULL || code === capi.SQLITE_IOERR ? new HoldfastException(createError('storage_full', 'this device has no room left for the database'), { cause }) : cause
}
