import type { DeviceId } from '~/shared/domain/ids'
import { pushSchema } from '~/shared/protocol/push'
import type { Change, LoggedChange } from '~/shared/sync/change'
import type { Clock } from '~/shared/sync/clock'
import type { Entity } from '~/shared/sync/merge'
import type { TableName } from '~/shared/sync/tables'
import { sql } from 'kysely'
import { tryRow } from '~/server/sync/entities'
import { createSyncSession, type RunFeed } from '~/server/sync/session'
import { storeChanges } from '~/server/sync/space-writer'
import { startServer } from '../../server/harness'
import type { Config } from '~/server/config'
import type { ServerEnd } from './wire'

const spaceTables = ['space', 'change', 'entity', 'device', 'aside', 'aside_change'] as const

interface ServerOptions {
  config?: Partial<Config>
  now: () => number
  /** A seeded fault: what a device pushes twice is stored twice. */
  withoutDedupe?: boolean
}

/** The real server, with the simulation's clock. Scenarios share it, each in a space of its own. */
export async function createServer({ config = {}, now, withoutDedupe = false }: ServerOptions) {
  const server = await startServer(config, { now })
  const { context } = server
  const { database } = context
  // Only processes die here, not the machine: the server's own writes need not reach the disk.
  if (withoutDedupe) await sql`drop index change_writer`.execute(database)
  if (context.dialect === 'sqlite') await sql`pragma synchronous = off`.execute(database)

  async function createSpace() {
    const spaceId = await database.transaction().execute((trx) => context.spaces.create(trx))
    const mint = (deviceId: DeviceId) => database.transaction().execute((trx) => context.tokens.mint(trx, { spaceId, deviceName: 'simulated', deviceId }))

    /** Makes the server believe that it has nothing of a push yet. */
    async function forget(deviceId: DeviceId, text: string) {
      const message: unknown = JSON.parse(text)
      const first = pushSchema.safeParse(message).data?.changes[0]
      if (!first) return
      await database.updateTable('device').set({ upto: first.n - 1 }).where('space', '=', spaceId).where('device', '=', deviceId).where('upto', '>=', first.n).execute()
    }

    const copy = () => context.sync.transaction(spaceId, async (trx) => {
      const rows: Record<string, unknown>[][] = []
      for (const table of spaceTables) rows.push(await trx.selectFrom(table).selectAll().where(table === 'space' ? 'id' : 'space', '=', spaceId).execute())
      return rows
    })

    return {
      spaceId,
      mint,
      accept(deviceId: DeviceId, tokenId: string, wire: { send(text: string): void, close(code: number, reason: string): void }, runs?: RunFeed): ServerEnd {
        const session = createSyncSession({ ...context, ...(runs ? { runs } : {}) }, { identity: { spaceId, deviceId, tokenId }, ...wire, buffered: () => 0 })
        if (!withoutDedupe) return session
        return { ...session, receive: async (text) => (await forget(deviceId, text), session.receive(text)) }
      },
      async log(): Promise<LoggedChange[]> {
        const rows = await database.selectFrom('change').selectAll().where('space', '=', spaceId).orderBy('seq').execute()
        return rows.map((row) => ({ seq: row.seq, device: row.device, n: row.n, t: row.table, k: row.pk, h: row.h, c: JSON.parse(row.columns) }) as LoggedChange)
      },
      async entities(): Promise<{ table: TableName, key: string, entity: Entity }[]> {
        const rows = await database.selectFrom('entity').selectAll().where('space', '=', spaceId).execute()
        return rows.flatMap((row) => {
          const read = tryRow(row)
          return 'entity' in read ? [{ table: row.table as TableName, key: row.pk, entity: read.entity }] : []
        })
      },
      /** Makes a row unreadable where it is stored. */
      spoil: (key: string) => database.updateTable('entity').set({ columns: '{"' }).where('space', '=', spaceId).where('pk', '=', key).execute(),
      async revoke(deviceId: DeviceId) {
        const row = await database.selectFrom('client_token').selectAll().where('space', '=', spaceId).where('device', '=', deviceId).executeTakeFirstOrThrow()
        await context.tokens.revoke({ spaceId, deviceId, tokenId: row.id, expiresAt: row.expires_at }, row.id)
      },
      status: (deviceId: DeviceId) => context.sync.status(spaceId, deviceId),
      write: async (changes: { t: TableName, k: string, c: LoggedChange['c'] }[]) => {
        const logged = await context.sync.transaction(spaceId, (trx) => context.sync.writeServerChanges(trx, spaceId, changes))
        context.sync.announce(spaceId, logged)
      },
      /** Stores what the server would no longer take: changes with any clock, as an earlier build let them in. */
      force: (changes: Change[]) => context.sync.transaction(spaceId, async (trx, space) => void await storeChanges(trx, space, 'earlier', changes, now())),
      clock: async () => (await database.selectFrom('space').select('clock').where('id', '=', spaceId).executeTakeFirstOrThrow()).clock as Clock,
      /** Drops the log up to a number, as maintenance does. */
      async compact(floor: number): Promise<void> {
        await context.sync.transaction(spaceId, async (trx) => {
          await trx.deleteFrom('change').where('space', '=', spaceId).where('seq', '<=', floor).execute()
          await trx.updateTable('space').set({ floor }).where('id', '=', spaceId).where('floor', '<', floor).execute()
        })
      },
      /** The space as a backup keeps it; `restore` puts it back in place of what is there now. */
      backup: copy,
      async restore(rows: Awaited<ReturnType<typeof copy>>) {
        await context.sync.transaction(spaceId, async (trx) => {
          for (const [index, table] of spaceTables.entries()) {
            await trx.deleteFrom(table).where(table === 'space' ? 'id' : 'space', '=', spaceId).execute()
            for (const row of rows[index]!) await trx.insertInto(table).values(row as never).execute()
          }
        })
        context.hub.closeAll(1012, 'restart')
      },
    }
  }

  return { url: server.url, context, createSpace, close: server.close }
}
export type SimulatedServer = Awaited<ReturnType<typeof createServer>>
export type SimulatedSpace = Awaited<ReturnType<SimulatedServer['createSpace']>>
