import { setImmediate } from 'node:timers/promises'
import type { Database } from '../sql/schema'
import type { Spaces } from '../spaces/spaces'
import type { ServerChange, Sync } from './sync'

const day = 24 * 60 * 60 * 1000
/** The log goes back 30 days, and at most 50,000 changes; tombstones stay 90 days (sync.md §2). */
const keepLogFor = 30 * day
const keepChanges = 50_000
const keepTombstonesFor = 90 * day
const rowsAtOnce = 2_000

interface MaintenanceDeps { database: Database, sync: Sync, spaces: Spaces, now(): number }

/** Drops what is old, space by space, in short transactions. */
export async function maintain(deps: MaintenanceDeps): Promise<void> {
  for (const spaceId of await deps.spaces.ids()) {
    await compactLog(deps, spaceId)
    await purgeTombstones(deps, spaceId)
    deps.sync.shrunk(spaceId)
  }
  await deps.database.deleteFrom('pairing_code').where('expires_at', '<=', deps.now()).execute()
}

/** Raises the floor and deletes what lies at or below it. A device whose cursor is lower starts over from an image. */
async function compactLog({ database, sync, now }: MaintenanceDeps, spaceId: string): Promise<void> {
  const old = await database.selectFrom('change').select((eb) => eb.fn.max('seq').as('seq'))
    .where('space', '=', spaceId).where('at', '<', now() - keepLogFor).executeTakeFirst()
  for (let more = true; more;) {
    more = await sync.transaction(spaceId, async (trx, space) => {
      const goal = Math.max(space.head - keepChanges, old?.seq ?? 0)
      const floor = Math.min(goal, space.floor + rowsAtOnce)
      if (floor <= space.floor) return false
      await trx.deleteFrom('change').where('space', '=', spaceId).where('seq', '<=', floor).execute()
      await trx.updateTable('space').set({ floor }).where('id', '=', spaceId).execute()
      return floor < goal
    })
    await setImmediate()
  }
}

/**
 * Forgets rows that were deleted long ago. The messages of a deleted thread were only hidden with it: they are deleted now, by a change
 * that every device gets, and forgotten in their turn.
 */
async function purgeTombstones({ database, sync, now }: MaintenanceDeps, spaceId: string): Promise<void> {
  const before = now() - keepTombstonesFor
  const threads = await database.selectFrom('entity').select('pk')
    .where('space', '=', spaceId).where('table', '=', 'thread').where('deleted_at', '<', before).execute()
  if (threads.length > 0) await deleteMessagesOf(new Set(threads.map((row) => row.pk)), sync, spaceId)
  await database.deleteFrom('entity').where('space', '=', spaceId).where('deleted_at', '<', before).execute()
}

async function deleteMessagesOf(threads: ReadonlySet<string>, sync: Sync, spaceId: string): Promise<void> {
  for await (const rows of sync.rows(spaceId)) {
    const changes = rows.flatMap((row): ServerChange[] => {
      const columns = row.table === 'message' ? row.values : {}
      return columns.deleted !== 1 && threads.has(String(columns.thread)) ? [{ t: 'message', k: row.pk, c: { deleted: 1 } }] : []
    })
    if (changes.length === 0) continue
    const logged = await sync.transaction(spaceId, (trx) => sync.writeServerChanges(trx, spaceId, changes))
    sync.announce(spaceId, logged)
  }
}
