import { sql, type Kysely } from 'kysely'
import { StartFailure } from '../host/start-failure'
import type { Migration } from './migrations'
import type { Dialect } from './schema'

interface MigrationTable { migration: { name: string, at: number } }

/** Any number that is ours: instances that start together on one PostgreSQL take turns. */
const migrationLock = 4_826_510_932

/** Brings the database up to the list, in one transaction. A database that knows a migration we do not is newer, and is left alone. */
export async function migrate<Tables>(database: Kysely<Tables>, dialect: Dialect, migrations: Migration[], now: () => number): Promise<void> {
  await database.transaction().execute(async (trx) => {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(trx)
    await sql`create table if not exists migration (name text primary key not null, at bigint not null)`.execute(trx)
    const typed = trx as unknown as Kysely<MigrationTable>
    const done = new Set((await typed.selectFrom('migration').select('name').execute()).map((row) => row.name))
    const unknown = [...done].filter((name) => !migrations.some((migration) => migration.name === name))
    if (unknown.length > 0) throw new StartFailure(`the database was written by a newer Holdfast (${unknown.join(', ')}); start that version`)
    for (const migration of migrations) {
      if (done.has(migration.name)) continue
      await migration.up(trx as unknown as Kysely<unknown>, dialect)
      await typed.insertInto('migration').values({ name: migration.name, at: now() }).execute()
    }
  })
}
