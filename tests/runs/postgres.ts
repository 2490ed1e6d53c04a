import { randomUUID } from 'node:crypto'
import pg from 'pg'

const address = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'

async function execute(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: address, connectionTimeoutMillis: 2_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Whether tests can have a PostgreSQL; without one they are skipped by name. */
export const hasPostgres = await execute('select 1').then(() => true, () => false)
export const postgresName = `PostgreSQL${hasPostgres ? '' : ' (none reachable at TEST_DATABASE_URL or 127.0.0.1:5432)'}`

/** An empty database of the test's own. */
export async function createPostgres(): Promise<{ url: string, drop(): Promise<void> }> {
  const name = `holdfast_runs_${randomUUID().replaceAll('-', '')}`
  await execute(`create database ${name}`)
  return { url: Object.assign(new URL(address), { pathname: `/${name}` }).href, drop: () => execute(`drop database ${name} with (force)`) }
}
