import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import { createSpine, type SpineNode } from '~/shared/domain/spine'
import { createTree } from '~/shared/domain/tree'
import { mutate } from '~/workers/database/mutations/all'
import { writeLocal, type LocalChange } from '~/workers/database/local-write'
import type { QueryParams } from '~/workers/database/queries/query'
import { createReplica, startOfTime, type Replica } from './replica'

const thread = 'thread-0001' as ThreadId
const id = (n: number) => `message-${String(n).padStart(6, '0')}` as MessageId
function write(replica: Replica, changes: LocalChange[]): void {
  replica.db.committed(replica.db.driver.transaction(() => writeLocal(replica.db, changes)))
}
const messageOf = (n: number, parent: MessageId | null, more: LocalChange['c'] = {}): LocalChange => ({
  t: 'message', k: id(n),
  c: {
    thread, parent, role: n % 2 ? 'assistant' : 'user', status: 'final', parts: [{ type: 'text', text: `word ${n}` }], usage: null, error: null, created_at: startOfTime + n, deleted: 0, ...more,
  },
})
const threadRow: LocalChange = { t: 'thread', k: thread, c: { title: 'Talk', created_at: startOfTime, pinned: 0, archived: 0, deleted: 0 } }
const chain = (count: number) => Array.from({ length: count }, (_, n) => messageOf(n, n ? id(n - 1) : null))
const look = (replica: Replica, more: Partial<QueryParams<'conversation'>> = {}) =>
  replica.ask('conversation', { thread, leaf: null, from: null, limit: 60, around: null, keep: null, ...more })
const ids = (rows: readonly { message: { id: string } }[]) => rows.map(({ message }) => message.id)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => id(from + n))

describe('a window of a conversation', () => {
  it('[ST155] of twenty thousand messages it gives those asked for, the end first, and where they stand', async () => {
    const replica = await createReplica()
    const count = 20_000
    write(replica, chain(count))
    const end = look(replica)
    expect([end.total, end.offset, end.end, end.rows.at(-1)?.index]).toEqual([count, count - 60, id(count - 1), count - 1])
    expect(ids(end.rows)).toEqual(range(count - 60, count))
    for (const from of [0, 137, 9_999]) expect(ids(look(replica, { from }).rows)).toEqual(range(from, from + 60))
    expect(look(replica, { from: 50_000 }).offset).toBe(count - 60)
    const around = look(replica, { around: id(777) })
    expect([around.offset, around.target, around.rows.some(({ message }) => message.id === id(777))]).toEqual([747, 777, true])
    expect(look(replica, { keep: id(3) }).kept).toMatchObject({ index: 3, message: { id: id(3) } })
    expect(look(replica, { from: 0, keep: id(3) }).kept).toBeNull()
    const rounds = Array.from({ length: 20 }, (_, round) => replica.ask('spent', { thread, round }).complete)
    expect([rounds[0], rounds.at(-1)]).toEqual([false, true])
    expect(replica.ask('path-ids', { thread, leaf: id(2) })).toEqual(range(0, 3))
  })

  it('[ST156] it follows each write: a send, a version, a deletion and its undoing, a row that came before its parent', async () => {
    const replica = await createReplica()
    write(replica, [threadRow, ...chain(200)])
    look(replica)
    const sent = replica.send('hello', { thread, parent: id(199) })
    const after = look(replica)
    expect([after.total, after.end, after.open, after.pending]).toMatchObject([202, sent.reply, [{ id: sent.reply, run: sent.run, status: 'queued', shown: true }], [{ reply: sent.reply }]])
    expect(look(replica, { leaf: id(199) }).end).toBe(sent.reply)

    write(replica, [messageOf(300, id(100), { role: 'assistant' })])
    const versions = look(replica, { leaf: id(300) })
    expect([versions.total, versions.rows.at(-1)?.version]).toEqual([102, { index: 1, count: 2, previous: id(101), next: null }])
    expect(look(replica, { leaf: id(150), around: id(300) })).toMatchObject({ end: id(300), target: 101 })

    const remove = (deleted: boolean) => mutate(replica.db, 'delete-message', { ...replica.stamp(), message: id(150), deleted })
    remove(true)
    expect([look(replica, { leaf: sent.reply }).total, ids(look(replica, { leaf: sent.reply, from: 149, limit: 3 }).rows)]).toEqual([201, [id(149), id(151), id(152)]])
    remove(false)
    expect(look(replica, { leaf: sent.reply }).total).toBe(202)

    write(replica, [messageOf(402, id(401))])
    expect(look(replica, { leaf: id(402) }).total).toBe(1)
    write(replica, [messageOf(401, id(199))])
    expect(look(replica, { leaf: id(402) })).toMatchObject({ total: 202, end: id(402) })
  })

  it('[ST156] a message that cannot be read has the place of a deleted one', async () => {
    const replica = await createReplica()
    write(replica, chain(10))
    replica.db.driver.run('update message set parts = ? where id = ?', ['[{"type":"text"}]', id(5)])
    expect(ids(look(replica).rows)).toEqual([...range(0, 5), ...range(6, 10)])
  })

  it('[ST156] the tree that is mended is the one that is made anew', () => {
    const node = fc.record({ n: fc.nat(12), parent: fc.nat(14), deleted: fc.boolean(), at: fc.nat(5), summary: fc.boolean() })
    const toNode = ({ n, parent, deleted, at, summary }: { n: number, parent: number, deleted: boolean, at: number, summary: boolean }): SpineNode => ({
      // Parents come before their children, but for a few that never come.
      id: id(n), parent: parent < n / 4 || parent > 12 ? id(parent) : n > 0 ? id(n - 1) : null, role: summary ? 'system' : 'user', status: 'final', run: null, deleted, summary, created_at: at,
    })
    fc.assert(fc.property(fc.array(node, { maxLength: 40 }), fc.nat(12), (steps, leaf) => {
      const mended = createSpine([])
      const rows = new Map<string, SpineNode>()
      for (const step of steps.map(toNode)) {
        mended.put(step)
        rows.set(step.id, { ...step })
        const tree = createTree([...rows.values()].map((row) => ({ ...row, model: row.summary ? 'a' : null })))
        const names = (nodes: readonly { id: string }[]) => nodes.map((one) => one.id)
        expect(names(mended.pathTo(id(leaf)))).toEqual(names(tree.pathTo(id(leaf))))
        expect(names(mended.pathTo(null))).toEqual(names(tree.pathTo(null)))
        const one = tree.get(id(leaf))
        if (one && !one.deleted) expect([mended.leafBelow(one.id), names(mended.siblings(rows.get(one.id)!))]).toEqual([tree.leafBelow(one.id), names(tree.siblings(one))])
      }
    }))
  })

  it('[ST157] it says what a send would carry and what the thread took, as the contents stand', async () => {
    const replica = await createReplica()
    const text = (tokens: number) => [{ type: 'text', text: 'a'.repeat((tokens - 4) * 4) }]
    write(replica, [300, 300, 300, 300].map((tokens, n) => messageOf(n, n ? id(n - 1) : null, { parts: text(tokens), ...(n % 2 ? { run: `run-${n}00000`, usage: { promptTokens: 10, completionTokens: 5, cost: 0.5 } } : {}) })))
    const plan = (more: Partial<QueryParams<'history-plan'>> = {}) =>
      replica.ask('history-plan', { thread, parent: id(3), system: 0, draft: 100, limit: 1_000, choice: null, ids: true, ...more })
    expect(plan()).toMatchObject({ tokens: 1_300, whole: 1_300, fits: false, sent: 4, omitted: 0, omit: [], next: { upTo: id(1), covers: 2 } })
    expect(plan({ choice: { start: 'drop' } })).toMatchObject({ tokens: 700, fits: true, sent: 2, omitted: 2, omit: [id(0), id(1)] })
    write(replica, [messageOf(9, id(1), { role: 'system', model: 'fake/echo', parts: text(50) })])
    expect(plan({ choice: { start: 'summary' } })).toMatchObject({ omitted: 0, covered: 2, sent: 2, summary: { id: id(9) } })
    expect(look(replica).summary?.id).toBe(id(9))
    expect(replica.ask('spent', { thread, round: 0 })).toMatchObject({ complete: true, promptTokens: 20, completionTokens: 10, cost: 1 })
    write(replica, [messageOf(4, id(3), { parts: text(200) })])
    expect(plan({ parent: id(4) }).tokens).toBe(1_500)
  })
})
