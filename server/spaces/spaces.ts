import { randomBytes } from 'node:crypto'
import { createId, type SpaceId } from '~/shared/domain/ids'
import type { Database, Trx } from '../sql/schema'

/** One owner's data; spaces know nothing of each other. */
export interface Spaces {
  /** Makes an empty space; `id` is that of one whose server has lost it. Its epoch is new, so that its devices notice. */
  create(database: Database | Trx, id?: SpaceId): Promise<SpaceId>
  /** The space made first: the one of the server's owner. Null while the server is unclaimed. */
  first(database?: Database | Trx): Promise<SpaceId | null>
  ids(): Promise<SpaceId[]>
}

export function createSpaces({ database, now }: { database: Database, now(): number }): Spaces {
  const ids = async (from: Database | Trx, limit: number) =>
    (await from.selectFrom('space').select('id').orderBy('created_at').orderBy('id').limit(limit).execute()).map((row) => row.id as SpaceId)
  return {
    async create(into, id = createId(now(), randomBytes) as SpaceId) {
      const epoch = createId(now(), randomBytes)
      await into.insertInto('space').values({ id, epoch, head: 0, floor: 0, clock: '', created_at: now() }).execute()
      return id
    },
    async first(from = database) {
      return (await ids(from, 1))[0] ?? null
    },
    ids: () => ids(database, 1_000_000),
  }
}
