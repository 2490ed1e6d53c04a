import type { ThreadSummary } from '../../api'
import type { LocalDatabase, Touched } from '../open'
import { rowToThread } from './rows'

interface Totals { thread: string, lastAt: number | null, messages: number, streaming: number, queued: number }

const totalsSql = (where: string) => `select thread, max(created_at) as lastAt, count(*) as messages, sum(status = 'streaming') as streaming, sum(status = 'queued') as queued
  from message where ${where} and deleted is not 1 group by thread`

/**
 * The sidebar's rows, kept in memory and mended by each commit: reading 100,000 messages for every pin would be felt.
 * Everything in it can be read again from the file.
 */
export function createThreadSummaries(db: LocalDatabase) {
  let rows: Map<string, ThreadSummary> | undefined

  function read(ids?: readonly string[]): Map<string, ThreadSummary> {
    const list = ids && JSON.stringify(ids)
    const params = list === undefined ? [] : [list]
    const only = (column: string) => (list === undefined ? 'true' : `${column} in (select value from json_each(?))`)
    const totals = new Map(db.driver.all<Totals & Record<string, string | number | null>>(totalsSql(`thread is not null and ${only('thread')}`), params).map((row) => [row.thread, row]))
    const labels = new Map<string, string[]>()
    for (const { thread, name } of db.driver.all<{ thread: string, name: string }>(`select thread, name from label where "on" = 1 and ${only('thread')} order by name`, params)) {
      const names = labels.get(thread)
      if (names) names.push(name)
      else labels.set(thread, [name])
    }
    const found = new Map<string, ThreadSummary>()
    for (const row of db.driver.all(`select * from thread where ${only('id')}`, params)) {
      const thread = rowToThread(row)
      const sum = totals.get(thread.id)
      found.set(thread.id, {
        ...thread,
        lastAt: Math.max(sum?.lastAt ?? 0, thread.created_at),
        messages: sum?.messages ?? 0,
        streaming: (sum?.streaming ?? 0) > 0,
        queued: sum?.queued ?? 0,
        labels: labels.get(thread.id) ?? [],
      })
    }
    return found
  }

  function threadsOf(touched: Touched): string[] {
    const ids = new Set<string>()
    const messages: string[] = []
    for (const { table, key } of touched.rows) {
      if (table === 'thread') ids.add(key)
      else if (table === 'label') ids.add(key.slice(0, key.indexOf(':')))
      else if (table === 'message') messages.push(key)
    }
    if (messages.length > 0) {
      const sql = 'select distinct thread from message where id in (select value from json_each(?)) and thread is not null'
      for (const { thread } of db.driver.all<{ thread: string }>(sql, [JSON.stringify(messages)])) ids.add(thread)
    }
    return [...ids]
  }

  const end = db.onCommit((touched) => {
    if (!rows) return
    if (touched.all) {
      rows = undefined
      return
    }
    const ids = threadsOf(touched)
    if (ids.length === 0) return
    const fresh = read(ids)
    for (const id of ids) {
      const row = fresh.get(id)
      if (row) rows.set(id, row)
      else rows.delete(id)
    }
  })

  return {
    /** Live threads, pinned ones first, then by their last message. */
    list(archived: boolean): ThreadSummary[] {
      rows ??= read()
      return [...rows.values()].filter((row) => !row.deleted && row.archived === archived)
        .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.lastAt - a.lastAt || (a.id < b.id ? 1 : -1))
    },
    stop: end,
  }
}
export type ThreadSummaries = ReturnType<typeof createThreadSummaries>
