import { afterEach, describe, expect, it } from 'vitest'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import { midnightBefore } from '~/shared/domain/day-groups'
import { mutate } from '~/workers/database/mutations/all'
import { mergeInto, writeLocal, type LocalChange } from '~/workers/database/local-write'
import { placeSql } from '~/workers/database/queries/thread-window'
import { createReplica, startOfTime, type Replica } from './replica'

const day = 86_400_000
const numbered = (kind: string, n: number) => `${kind}-${String(n).padStart(6, '0')}`

function write(replica: Replica, changes: LocalChange[]): void {
  replica.db.committed(replica.db.driver.transaction(() => writeLocal(replica.db, changes)))
}
const threadOf = (n: number, at: number, more: LocalChange['c'] = {}): LocalChange =>
  ({ t: 'thread', k: numbered('thread', n), c: { title: `thread ${n}`, created_at: at, pinned: 0, archived: 0, deleted: 0, ...more } })
const messageOf = (n: number, thread: number, at: number, more: LocalChange['c'] = {}): LocalChange => ({
  t: 'message', k: numbered('message', n),
  c: { thread: numbered('thread', thread), parent: null, role: 'user', status: 'final', parts: [], usage: null, error: null, created_at: at, deleted: 0, ...more },
})
const windowOf = (replica: Replica, offset: number, limit: number, today = midnightBefore(startOfTime)) =>
  replica.ask('thread-window', { list: 'open', today, offset, limit, keep: null })

const zone = process.env.TZ
afterEach(() => {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
})

describe('a window of the threads', () => {
  it('[ST150] of ten thousand threads it gives the rows asked for in the order of the whole, and counts the rest', async () => {
    const replica = await createReplica()
    const threads = Array.from({ length: 10_000 }, (_, n) => threadOf(n, startOfTime - n * 60_000, { pinned: n % 1_000 === 999 ? 1 : 0, archived: n % 1_000 === 500 ? 1 : 0 }))
    const messages = Array.from({ length: 2_000 }, (_, n) => messageOf(n, n * 5, startOfTime - (n * 7_919 % 2_000) * 60_000))
    write(replica, threads)
    write(replica, messages)
    const lastAt = (n: number) => Math.max(startOfTime - n * 60_000, n % 5 === 0 ? Number(messages[n / 5]!.c.created_at) : 0)
    const expected = threads.map((_, n) => n).filter((n) => n % 1_000 !== 500)
      .sort((a, b) => Number(b % 1_000 === 999) - Number(a % 1_000 === 999) || lastAt(b) - lastAt(a) || b - a).map((n) => numbered('thread', n))
    const first = windowOf(replica, 0, 1)
    expect([first.total, first.heads.reduce((sum, { count }) => sum + count, 0), first.heads[0]]).toEqual([9_990, 9_990, { kind: 'pinned', from: 0, count: 10 }])
    for (const offset of [0, 5, 10, 137, 4_999, 9_900, 9_985, 20_000]) {
      const { rows } = windowOf(replica, offset, 100)
      expect(rows.map(({ id }) => id), `from ${offset}`).toEqual(expected.slice(offset, offset + 100))
      for (const { id, lastAt: at } of rows) expect(at).toBe(lastAt(Number(id.slice(-6))))
    }
    for (const index of [0, 7, 10, 6_000, 9_989]) {
      const keep = expected[index] as ThreadId
      expect(replica.ask('thread-window', { list: 'open', today: 0, offset: 100, limit: 1, keep }).kept).toMatchObject({ index, row: { id: keep } })
      expect(replica.ask('thread-window', { list: 'archived', today: 0, offset: 0, limit: 1, keep }).kept).toBeNull()
    }
    expect(replica.ask('thread-window', { list: 'archived', today: 0, offset: 2, limit: 3, keep: null })).toMatchObject({ total: 10, heads: [{ kind: 'archived', count: 10 }], rows: [{}, {}, {}] })
  })

  it('[ST151] every part of it is read from the index of places, in the order it has', async () => {
    const { db: { driver } } = await createReplica()
    for (const sql of Object.values(placeSql)) {
      const plan = driver.all<{ detail: string }>(`explain query plan ${sql}`, sql.match(/\?/g)!.map(() => 0)).map(({ detail }) => detail)
      expect(plan).toHaveLength(1)
      expect(plan[0]).toMatch(/^SEARCH thread_place USING COVERING INDEX thread_place_order/)
    }
  })

  it('[ST152] heads are the local days and months, also where a day has another length, and move at midnight', async () => {
    process.env.TZ = 'Europe/Berlin'
    const replica = await createReplica()
    // The clocks went back in the night to the 25th: that day had 25 hours.
    const at = (month: number, date: number, hour: number, minute = 0) => new Date(2026, month - 1, date, hour, minute).getTime()
    const times = [at(10, 26, 0), at(10, 25, 23, 59), at(10, 25, 0), at(10, 24, 23, 59), at(10, 19, 0), at(10, 18, 23, 59), at(9, 26, 0), at(9, 25, 23, 59), at(9, 1, 0), at(8, 31, 23, 59), new Date(2025, 7, 5).getTime()]
    write(replica, times.map((time, n) => threadOf(n, time)))
    const heads = (today: number) => windowOf(replica, 0, 1, today).heads.map(({ kind, count }) => `${kind} ${count}`)
    expect(heads(at(10, 26, 0))).toEqual(['today 1', 'yesterday 2', 'week 2', 'days 2', 'month 2', 'month 1', 'month 1'])
    expect(windowOf(replica, 0, 1, at(10, 26, 0)).heads.slice(-3).map(({ from }) => from)).toEqual([at(9, 1, 0), at(8, 1, 0), new Date(2025, 7, 1).getTime()])
    expect(heads(at(10, 27, 0))).toEqual(['yesterday 1', 'week 3', 'days 2', 'month 3', 'month 1', 'month 1'])
    process.env.TZ = 'Pacific/Auckland'
    expect(heads(at(10, 26, 0))).toEqual(['today 2', 'yesterday 2', 'week 2', 'days 2', 'month 2', 'month 1'])
  })

  it('[ST153] places follow every write: late columns, moved and deleted messages, rows of another device', async () => {
    const replica = await createReplica()
    const order = () => windowOf(replica, 0, 10).rows.map(({ id, lastAt }) => [Number(id.slice(-6)), (startOfTime - lastAt) / day])
    write(replica, [messageOf(1, 2, startOfTime - day), threadOf(1, startOfTime - 2 * day), threadOf(2, startOfTime - 3 * day)])
    expect(order()).toEqual([[2, 1], [1, 2]])
    write(replica, [{ t: 'message', k: numbered('message', 1), c: { deleted: 1 } }])
    expect(order()).toEqual([[1, 2], [2, 3]])
    mutate(replica.db, 'delete-message', { ...replica.stamp(), message: numbered('message', 1) as MessageId, deleted: false })
    expect(order()).toEqual([[2, 1], [1, 2]])
    mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread: numbered('thread', 2) as ThreadId, patch: { deleted: true } })
    expect(order()).toEqual([[1, 2]])
    const there = await createReplica({ seed: 5 })
    write(there, [threadOf(3, startOfTime - 4 * day, { pinned: 1 }), messageOf(3, 3, startOfTime)])
    replica.db.driver.transaction(() => mergeInto(replica.db, there.db.driver.all<{ t: 'thread' | 'message', k: string, h: never, c: string }>('select t, k, h, c from outbox order by n desc')
      .map(({ c, ...rest }) => ({ ...rest, c: JSON.parse(c) as LocalChange['c'] }))))
    expect(order()).toEqual([[3, 0], [1, 2]])
    replica.db.driver.exec('delete from message; delete from thread where pinned = 0')
    expect(order()).toEqual([[3, 4]])
  })

  it('[ST153] a file of an earlier build gets its places when it is opened', async () => {
    const before = await createReplica()
    const sent = before.send('hello')
    for (const name of ['thread_placed', 'thread_replaced', 'thread_unplaced', 'message_places', 'message_replaces', 'message_unplaces']) before.db.driver.exec(`drop trigger ${name}`)
    before.db.driver.exec('drop table thread_place')
    const after = await createReplica({ seed: 2, image: before.db.driver.export() })
    expect(after.list()).toMatchObject([{ id: sent.thread, queued: 1, streaming: false }])
  })
})
