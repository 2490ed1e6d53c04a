import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { parseConfig } from '~/server/config'
import { createContext, type Context, type Surroundings } from '~/server/context'

const server = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'

async function run(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const isReachable = await run('select 1').then(() => true, () => false)

/** The databases that the server runs on. One that cannot be reached is skipped, by name. */
export const databases = [
  { name: 'SQLite', dialect: 'sqlite', skip: false },
  { name: `PostgreSQL${isReachable ? '' : ' (none reachable at TEST_DATABASE_URL or 127.0.0.1:5432)'}`, dialect: 'postgres', skip: !isReachable },
] as const

export interface OpenedContext { context: Context, close(): Promise<void> }

/** A server's context over an empty database of its own, which `close` removes. */
export async function openContext(dialect: 'sqlite' | 'postgres', surroundings: Surroundings = {}): Promise<OpenedContext> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-contract-'))
  const name = `holdfast_${randomUUID().replaceAll('-', '')}`
  if (dialect === 'postgres') await run(`create database ${name}`)
  const databaseUrl = dialect === 'postgres' ? Object.assign(new URL(server), { pathname: `/${name}` }).href : null
  const config = { ...parseConfig({ NUXT_DATA_DIR: dataDir, NUXT_LOG_LEVEL: 'silent' }), databaseUrl }
  const context = await createContext(config, surroundings)
  return {
    context,
    async close() {
      await context.close()
      if (dialect === 'postgres') await run(`drop database ${name} with (force)`)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
