import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { StartFailure } from '../host/start-failure'
import type { Log } from '../log'

/** Any number that is ours. Such locks are PostgreSQL's own, one set in each database, and go with the connection that holds them. */
export const serverLock = 4_826_510_934
const againMs = 1_000

interface LockOptions {
  log: Pick<Log, 'warn'>
  /** Another server has the database now: this one must end. */
  lost(failure: StartFailure): void
}

/**
 * Takes a PostgreSQL for this server alone, on a connection of its own that lives as long as the server, and returns what gives it back.
 * A connection that breaks is made again at once; a server that finds another one in its place is told to end.
 */
export async function takeServerLock(databaseUrl: string, { log, lost }: LockOptions): Promise<() => Promise<void>> {
  const { host, pathname } = new URL(databaseUrl)
  const taken = () => new StartFailure(`Another Holdfast is running on the database ${host}${pathname}. Stop it, or name another database with NUXT_DATABASE_URL.`)
  let closed = false
  let client: pg.Client

  async function connect(): Promise<boolean> {
    const connection = new pg.Client({ connectionString: databaseUrl, keepAlive: true, application_name: 'holdfast lock' })
    let isOver = false
    const over = () => {
      if (isOver) return
      isOver = true
      if (!closed && client === connection) void again()
    }
    connection.on('error', over)
    connection.on('end', over)
    if (!await ask(connection)) {
      await connection.end()
      return false
    }
    client = connection
    // It may have broken while it was asked.
    if (isOver) void again()
    return true
  }

  /** Whether this connection has the lock now. One that cannot be asked is ended: the next one would come on top of it. */
  async function ask(connection: pg.Client): Promise<boolean> {
    try {
      await connection.connect()
      const { rows } = await connection.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [serverLock])
      return rows[0]?.held ?? false
    } catch (error) {
      connection.end().catch((reason: unknown) => log.warn({ err: reason }, 'a connection that could not be asked for the lock did not end in order'))
      throw error
    }
  }

  async function again(): Promise<void> {
    while (!closed) {
      try {
        if (await connect()) return log.warn('the connection that keeps other servers off the database was made again')
        return lost(taken())
      } catch (error) {
        log.warn({ err: error }, 'the connection that keeps other servers off the database is broken')
        await sleep(againMs, undefined, { ref: false })
      }
    }
  }

  if (!await connect()) throw taken()
  return async () => {
    closed = true
    await client.end().catch((error: unknown) => log.warn({ err: error }, 'the connection that kept other servers off had ended'))
  }
}
