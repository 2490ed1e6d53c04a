import { sql } from 'kysely'
import type { Database, Dialect } from '../sql/schema'

export interface Erasure { prepare(): Promise<void>, settle(): Promise<void> }

/** What it takes that deleted rows are gone from the disk, and not only from the answers. PostgreSQL's vacuum does it there. */
export function createErasure({ database, dialect }: { database: Database, dialect: Dialect }): Erasure {
  return {
    /** SQLite overwrites deleted rows instead of only forgetting where they were. Holds for the connection, and there is one. */
    async prepare() {
      if (dialect === 'sqlite') await sql`pragma secure_delete = on`.execute(database)
    },
    /** Takes what was deleted out of the write-ahead log, too. */
    async settle() {
      if (dialect === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(database)
    },
  }
}
