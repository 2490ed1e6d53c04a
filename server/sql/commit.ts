import { sql } from 'kysely'
import type { Database, Dialect } from './schema'

/**
 * Runs `write`, one statement or one transaction, as a commit that outlives the process but need not be on the disk when it returns, as a crash of the
 * machine could tell: what is written many times a second and shown at once. SQLite has one connection, which no other statement gets meanwhile.
 */
export async function commitWithoutSync(database: Database, dialect: Dialect, write: (connection: Database) => Promise<void>): Promise<void> {
  if (dialect === 'postgres') return write(database)
  await database.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection)
    try {
      await write(connection)
    } finally {
      await sql`pragma synchronous = full`.execute(connection)
    }
  })
}
