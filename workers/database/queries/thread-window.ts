import { monthGroup, recentGroups } from '~/shared/domain/day-groups'
import type { ThreadHead, ThreadRow } from '../../api'
import type { SqlDriver } from '../driver'
import { placeLists } from '../thread-places'
import { touchesTable, type Query } from './query'
import { rowToThread } from './rows'

type List = (typeof placeLists)[keyof typeof placeLists]
interface Place { thread: string, at: number }

/** SQL over the places; each answers from the index alone, in the order it has. */
export const placeSql = {
  count: 'select count(*) as count from thread_place where list = ? and at >= ? and at < ?',
  newest: 'select at from thread_place where list = ? and at < ? order by at desc limit 1',
  window: 'select thread, at from thread_place where list = ? order by at desc, thread desc limit ? offset ?',
  before: 'select count(*) as count from thread_place where list = ? and (at, thread) > (?, ?)',
} as const

const end = Number.MAX_SAFE_INTEGER
const count = (driver: SqlDriver, list: List, from = 0, to = end) => driver.get<{ count: number }>(placeSql.count, [list, from, to])!.count

/** Days, then months, the newest first; a month without threads is not looked at. */
function dayHeads(driver: SqlDriver, today: number): ThreadHead[] {
  const heads: ThreadHead[] = []
  let to = end
  for (const { kind, from } of recentGroups(today)) {
    heads.push({ kind, from, count: count(driver, placeLists.recent, from, to) })
    to = from
  }
  for (;;) {
    const older = driver.get<{ at: number }>(placeSql.newest, [placeLists.recent, to])
    if (!older) return heads.filter((head) => head.count > 0)
    const { kind, from } = monthGroup(older.at)
    heads.push({ kind, from, count: count(driver, placeLists.recent, from, to) })
    to = from
  }
}

function headsOf(driver: SqlDriver, list: 'open' | 'archived', today: number): ThreadHead[] {
  const whole = (kind: 'pinned' | 'archived'): ThreadHead[] => [{ kind, from: 0, count: count(driver, placeLists[kind]) }].filter((head) => head.count > 0)
  return list === 'archived' ? whole('archived') : [...whole('pinned'), ...dayHeads(driver, today)]
}

function placesOf(driver: SqlDriver, list: 'open' | 'archived', offset: number, limit: number): Place[] {
  const read = (of: List, skip: number, most: number) => driver.all<Place>(placeSql.window, [of, most, skip])
  if (list === 'archived') return read(placeLists.archived, offset, limit)
  const first = read(placeLists.pinned, offset, limit)
  if (first.length === limit) return first
  return [...first, ...read(placeLists.recent, Math.max(0, offset - count(driver, placeLists.pinned)), limit - first.length)]
}

/** Where a thread stands in a list; undefined if it is in another. */
function placeOf(driver: SqlDriver, list: 'open' | 'archived', thread: string): (Place & { index: number }) | undefined {
  const place = driver.get<Place & { list: List }>('select list, thread, at from thread_place where thread = ?', [thread])
  const lists: List[] = list === 'archived' ? [placeLists.archived] : [placeLists.pinned, placeLists.recent]
  if (!place || !lists.includes(place.list)) return undefined
  const before = driver.get<{ count: number }>(placeSql.before, [place.list, place.at, thread])!.count
  return { thread, at: place.at, index: before + (place.list === placeLists.recent ? count(driver, placeLists.pinned) : 0) }
}

/** What goes on in threads: few replies are open at any time. */
function openReplies(driver: SqlDriver): Map<string, { streaming: boolean, queued: number }> {
  const rows = driver.all<{ thread: string, streaming: number, queued: number }>(`select thread, sum(status = 'streaming') as streaming, sum(status = 'queued') as queued
    from message where status in ('queued', 'streaming') and deleted is not 1 group by thread`)
  return new Map(rows.map(({ thread, streaming, queued }) => [thread, { streaming: streaming > 0, queued }]))
}

function toRows(driver: SqlDriver, places: readonly Place[]): ThreadRow[] {
  const ids = JSON.stringify(places.map(({ thread }) => thread))
  const threads = new Map(driver.all('select * from thread where id in (select value from json_each(?))', [ids]).map((row) => [String(row.id), rowToThread(row)]))
  const open = openReplies(driver)
  return places.flatMap(({ thread, at }) => {
    const row = threads.get(thread)
    if (!row) return []
    const { system_prompt: _long, ...rest } = row
    return [{ ...rest, lastAt: at, streaming: open.get(thread)?.streaming ?? false, queued: open.get(thread)?.queued ?? 0 }]
  })
}

export const threadWindow: Query<'thread-window'> = {
  run({ db: { driver } }, { list, today, offset, limit, keep }) {
    const heads = headsOf(driver, list, today)
    const total = heads.reduce((sum, head) => sum + head.count, 0)
    const place = keep === null ? undefined : placeOf(driver, list, keep)
    const [kept] = place ? toRows(driver, [place]) : []
    return { total, heads, offset, rows: toRows(driver, placesOf(driver, list, offset, limit)), kept: place && kept ? { index: place.index, row: kept } : null }
  },
  touchedBy: (touched) => touchesTable(touched, 'thread', 'message'),
}
