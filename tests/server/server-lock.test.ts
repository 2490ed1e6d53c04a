import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StartFailure } from '~/server/host/start-failure'
import { serverLock } from '~/server/sql/server-lock'
import { createPostgres, hasPostgres, postgresName } from '../runs/postgres'
import { startServer } from './harness'

describe.skipIf(!hasPostgres)(`one server on one database: ${postgresName}`, () => {
  let database: Awaited<ReturnType<typeof createPostgres>>
  beforeAll(async () => {
    database = await createPostgres()
  })
  afterAll(() => database.drop())

  test('[ST137] a second server on a PostgreSQL is refused, and the first gives it free', async () => {
    const first = await startServer({ databaseUrl: database.url })
    await expect(startServer({ databaseUrl: database.url })).rejects.toThrow(/^Another Holdfast is running on the database .*\. Stop it, or name another/)
    await first.close()
    await (await startServer({ databaseUrl: database.url })).close()
  })

  test('[ST137] a lock whose connection breaks is taken again, and a server that finds another one in its place is told to end', async () => {
    const told: StartFailure[] = []
    const first = await startServer({ databaseUrl: database.url }, { lost: (failure) => void told.push(failure) })
    const { database: rows } = first.context
    const holders = () => sql<{ pid: number }>`select pid from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())`
      .execute(rows).then((result) => result.rows.map(({ pid }) => pid))
    const [before] = await holders()
    await sql`select pg_terminate_backend(${before!})`.execute(rows)
    await expect.poll(async () => (await holders()).filter((pid) => pid !== before), { timeout: 15_000 }).toHaveLength(1)
    expect(told).toEqual([])

    const [now] = await holders()
    const other = new pg.Client({ connectionString: database.url })
    await other.connect()
    // Waits in PostgreSQL's own queue, and so has it before the server can ask again.
    const taken = other.query('select pg_advisory_lock($1)', [serverLock])
    await expect.poll(async () => (await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`.execute(rows)).rows).toHaveLength(1)
    await sql`select pg_terminate_backend(${now!})`.execute(rows)
    await taken
    await expect.poll(() => told.map(({ message }) => message), { timeout: 15_000 }).toEqual([expect.stringContaining('Another Holdfast is running on the database')])
    await other.end()
    await first.close()
  })

  test('[ST137] an address that nobody answers at, or a wrong database, is a sentence without the password', async () => {
    const failure = (url: string) => startServer({ databaseUrl: url }).then(() => 'started', (error: Error) => error.message)
    expect(await failure('postgres://me:hidden@127.0.0.1:1/none')).toBe('PostgreSQL at 127.0.0.1:1/none does not answer. Start it, or correct NUXT_DATABASE_URL.')
    const other = new URL(database.url)
    other.pathname = '/holdfast_no_such_database'
    expect(await failure(other.href)).toMatch(/^PostgreSQL at \S+ has no such database\. Create it/)
  })
})
