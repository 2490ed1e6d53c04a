import { sql } from 'kysely'
import { createError, HoldfastException } from '~/shared/errors'
import type { ChangeEnvelope } from '~/shared/sync/change'
import type { Log } from '../log'
import type { Dialect, Trx } from '../sql/schema'
import { keyId } from './aside'

/** The share of its quota from which on a space is said to fill up. */
const warnAt = 0.8
/** A sum is made again when so much of the quota was written since the last one: what is added in between is too high. */
const recountAfter = 0.01

/** What of its quota a space may take beyond it by pushes that delete something: a device's changes go out in their order, deletes behind what they delete. */
const reserve = 0.1

/** What the rows of each space take: its log, its merged rows and what is kept aside of them, in bytes. Held against a quota. */
export interface SpaceBytes {
  /** Fails with `storage_full` where the space holds its quota. Inside the transaction that would write. */
  requireRoom(trx: Trx, spaceId: string, makesRoom?: boolean): Promise<void>
  /** Used and allowed bytes of a space that is known to come near its quota; null for any other. Reads nothing. */
  nearFull(spaceId: string): { used: number, quota: number } | null
  /** What a writer has just stored, as entries of the log. */
  add(spaceId: string, bytes: number): void
  /** Something was deleted: the next one who needs the sum counts. */
  forget(spaceId: string): void
}

const said = {
  near: 'the rows of a space come near their quota (NUXT_SPACE_MAX_BYTES)',
  full: 'the rows of a space fill their quota (NUXT_SPACE_MAX_BYTES): its devices keep what they write until there is room',
}

interface Count { bytes: number, exact: boolean, since: number }
interface Options { dialect: Dialect, quota: number, log: Log }

/**
 * Nothing is looked through for a push: the sum is kept, each change counted twice (in the log and in its row), and made exact only when it
 * comes near the quota. A process has the database for itself, so what it keeps is right.
 */
export function createSpaceBytes({ dialect, quota, log }: Options): SpaceBytes {
  const counts = new Map<string, Count>()
  const warned = new Map<string, 'near' | 'full'>()
  const isNear = (count: Count) => count.bytes >= quota * warnAt

  async function read(trx: Trx, spaceId: string): Promise<Count> {
    const known = counts.get(spaceId) ?? { bytes: await boundOf(trx), exact: false, since: 0 }
    const isRough = !known.exact || known.since >= quota * recountAfter
    const count = isNear(known) && isRough ? { bytes: await countBytes(trx, dialect, spaceId), exact: true, since: 0 } : known
    counts.set(spaceId, count)
    return count
  }

  /** No space holds more than the whole file. PostgreSQL packs long texts, so that its size says nothing. */
  async function boundOf(trx: Trx): Promise<number> {
    if (dialect === 'postgres') return Number.POSITIVE_INFINITY
    const { rows: [pages] } = await sql<{ bytes: number }>`select page_count * page_size as bytes from pragma_page_count, pragma_page_size`.execute(trx)
    return pages?.bytes ?? Number.POSITIVE_INFINITY
  }

  return {
    async requireRoom(trx, spaceId, makesRoom = false) {
      const count = await read(trx, spaceId)
      if (!isNear(count)) return void warned.delete(spaceId)
      const state = count.bytes >= quota ? 'full' : 'near'
      if (warned.get(spaceId) !== state) log.warn({ space: spaceId, bytes: count.bytes, quota }, said[state])
      warned.set(spaceId, state)
      const most = makesRoom ? quota * (1 + reserve) : quota
      if (count.bytes >= most) throw new HoldfastException(createError('storage_full', 'the space for rows on the server is used up (NUXT_SPACE_MAX_BYTES)', { used: count.bytes, quota }, true))
    },
    nearFull(spaceId) {
      const count = counts.get(spaceId)
      return count?.exact && isNear(count) ? { used: count.bytes, quota } : null
    },
    add(spaceId, bytes) {
      const count = counts.get(spaceId)
      if (!count) return
      count.bytes += 2 * bytes
      count.since += 2 * bytes
    },
    forget: (spaceId) => void counts.delete(spaceId),
  }
}

/** Both databases know the length of a text without reading it. */
async function countBytes(trx: Trx, dialect: Dialect, spaceId: string): Promise<number> {
  const whole = dialect === 'sqlite' ? sql.raw('integer') : sql.raw('double precision')
  const { rows: [sum] } = await sql<{ bytes: number }>`
    select cast((select coalesce(sum(bytes), 0) from change where space = ${spaceId})
      + (select coalesce(sum(octet_length(columns)), 0) from entity where space = ${spaceId})
      + (select coalesce(sum(octet_length(columns)), 0) from aside where space = ${spaceId})
      + (select coalesce(sum(octet_length(columns)), 0) from aside_change where space = ${spaceId}) as ${whole}) as bytes`.execute(trx)
  return sum?.bytes ?? 0
}

/** A change that deletes a row and says nothing else. */
const isDelete = ({ c }: ChangeEnvelope): boolean =>
  c !== null && typeof c === 'object' && 'deleted' in c && c.deleted === 1 && Object.keys(c).length === 1

/**
 * Whether changes delete what the space holds, which is how room is made: `only` where they do nothing else, and are always taken; `also` beside
 * others. A delete of a key that never was would leave a row of its own.
 */
export async function makesRoom(trx: Trx, spaceId: string, changes: readonly ChangeEnvelope[]): Promise<'only' | 'also' | 'no'> {
  const deletes = changes.filter(isDelete)
  if (deletes.length === 0) return 'no'
  const keys = new Map(deletes.map(({ t, k }) => [keyId(t, k), k]))
  const pks = [...new Set(keys.values())]
  for (const table of ['entity', 'aside'] as const) {
    for (const row of await trx.selectFrom(table).select(['table', 'pk']).where('space', '=', spaceId).where('pk', 'in', pks).execute()) keys.delete(keyId(row.table, row.pk))
  }
  const found = new Set(deletes.map(({ t, k }) => keyId(t, k))).size - keys.size
  if (found === 0) return 'no'
  return keys.size === 0 && deletes.length === changes.length ? 'only' : 'also'
}
