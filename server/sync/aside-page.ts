import { sql } from 'kysely'
import { z } from 'zod'
import { asideBytes, asideNamed, type asideAnswerSchema } from '~/shared/protocol/aside'
import type { Trx } from '../sql/schema'
import type { AsideTable } from './schema'

type AsidePage = Omit<z.infer<typeof asideAnswerSchema>, 'ok' | 'returned'>
type PageKey = AsidePage['keys'][number]

/** Where a page of what is aside ended: in the changes of this key, up to this number; its row was given. */
const placeSchema = z.tuple([z.number(), z.string(), z.string(), z.number()])
type Place = z.infer<typeof placeSchema>

/** The `next` of a page as it comes back in an address. */
export const asidePlaceSchema = z.string().max(8_000).transform((text, context) => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
}).pipe(placeSchema)

/** So many changes are measured at once. */
const measured = 500

/**
 * A page of what is kept aside of a space, oldest key first, from `after` on: `asideNamed` keys and about `asideBytes` of rows and changes, and
 * one row or change at least. Nothing is read that is not answered.
 */
export async function readAsidePage(trx: Trx, space: string, after?: Place): Promise<AsidePage> {
  const { count } = await trx.selectFrom('aside').select((eb) => eb.fn.countAll<number>().as('count')).where('space', '=', space).executeTakeFirstOrThrow()
  const keys = await readKeys(trx, space, after)
  const room = { left: asideBytes }
  const page: PageKey[] = []
  let place = after
  for (const key of keys.slice(0, asideNamed)) {
    const { at, table, pk, reason } = key
    const isBegun = after?.[0] === at && after[1] === table && after[2] === pk
    if (room.left <= 0 || (!isBegun && room.left < asideBytes && key.bytes > room.left)) return { count, keys: page, next: JSON.stringify(place) }
    const named: PageKey = { t: table, k: pk, reason, at, ...await measureChanges(trx, { space, table, pk }), row: isBegun ? null : await readRow(trx, { space, table, pk }), changes: [] }
    room.left -= isBegun ? 0 : key.bytes
    const isWhole = await addChanges(trx, { space, table, pk }, { named, room, after: isBegun ? after[3] : 0 })
    if (!isBegun || named.changes.length > 0) page.push(named)
    place = [at, table, pk, named.changes.at(-1)?.seq ?? (isBegun ? after[3] : 0)]
    if (!isWhole) return { count, keys: page, next: JSON.stringify(place) }
  }
  return { count, keys: page, ...(keys.length > asideNamed ? { next: JSON.stringify(place) } : {}) }
}

type Key = Pick<AsideTable, 'space' | 'table' | 'pk'>

/** The keys from a place on, the place's own among them, and what their rows take. One more than a page names. */
function readKeys(trx: Trx, space: string, after: Place | undefined) {
  const keys = trx.selectFrom('aside').select(['table', 'pk', 'reason', 'at', sql<number>`coalesce(octet_length(columns), 0) + coalesce(octet_length(hx), 0)`.as('bytes')]).where('space', '=', space)
  const from = after ? keys.where(sql<boolean>`(at, "table", pk) >= (${after[0]}, ${after[1]}, ${after[2]})`) : keys
  return from.orderBy('at').orderBy('table').orderBy('pk').limit(asideNamed + 1).execute()
}

async function measureChanges(trx: Trx, { space, table, pk }: Key): Promise<{ waiting: number, bytes: number }> {
  const sum = await trx.selectFrom('aside_change').select((eb) => [eb.fn.countAll<number>().as('waiting'), sql<number>`cast(coalesce(sum(octet_length(columns)), 0) as bigint)`.as('bytes')])
    .where('space', '=', space).where('table', '=', table).where('pk', '=', pk).executeTakeFirstOrThrow()
  return { waiting: sum.waiting, bytes: sum.bytes }
}

async function readRow(trx: Trx, { space, table, pk }: Key): Promise<string | null> {
  const row = await trx.selectFrom('aside').select(['h', 'hx', 'columns']).where('space', '=', space).where('table', '=', table).where('pk', '=', pk).executeTakeFirst()
  return row && row.columns !== null ? JSON.stringify({ h: row.h, hx: row.hx, columns: String(row.columns) }) : null
}

/** Adds the changes after a number that fit; false when there are more. */
async function addChanges(trx: Trx, { space, table, pk }: Key, { named, room, after }: { named: PageKey, room: { left: number }, after: number }): Promise<boolean> {
  const ofKey = trx.selectFrom('aside_change').where('space', '=', space).where('table', '=', table).where('pk', '=', pk).orderBy('seq')
  for (let last = after; ;) {
    const sizes = await ofKey.select(['seq', sql<number>`octet_length(columns)`.as('bytes')]).where('seq', '>', last).limit(measured).execute()
    let fits: number | undefined
    for (const { seq, bytes } of sizes) {
      if (bytes > room.left && room.left < asideBytes) break
      room.left -= bytes
      fits = seq
    }
    if (fits !== undefined) {
      const changes = await ofKey.select(['seq', 'device', 'n', 'h', 'columns']).where('seq', '>', last).where('seq', '<=', fits).execute()
      named.changes.push(...changes.map(({ columns, ...change }) => ({ ...change, c: String(columns) })))
      last = fits
    }
    if (fits !== sizes.at(-1)?.seq) return false
    if (sizes.length < measured) return true
  }
}
