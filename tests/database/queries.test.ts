import { describe, expect, it } from 'vitest'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import { mutate } from '~/workers/database/mutations/all'
import { writeLocal } from '~/workers/database/local-write'
import { createDraftPushes } from '~/workers/database/drafts'
import { createReplica, startOfTime, type Replica } from './replica'

const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('live queries', () => {
  it('[ST20] a watched query answers now, and again only after commits that change its answer', async () => {
    const replica = await createReplica()
    const { thread } = replica.send('first')
    const live = replica.live()
    const answers: unknown[] = []
    live.watch('messages', { thread }, (answer) => answers.push(answer), () => expect.unreachable())
    expect(answers).toHaveLength(1)
    replica.send('another thread')
    mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread, patch: { title: 'new' } })
    await settled()
    expect(answers).toHaveLength(1)
    replica.send('second', { thread })
    await settled()
    expect(answers).toHaveLength(2)
    expect(answers[1]).toMatchObject({ messages: [{}, {}, {}, {}] })
  })

  it('[ST21] an ended watch hears nothing, and two watchers of one thing share a run', async () => {
    const replica = await createReplica()
    const live = replica.live()
    const heard: string[] = []
    const end = live.watch('settings', { prefix: '' }, () => heard.push('a'), () => expect.unreachable())
    live.watch('settings', { prefix: '' }, () => heard.push('b'), () => expect.unreachable())
    expect(heard).toEqual(['a', 'b'])
    end()
    mutate(replica.db, 'set-setting', { ...replica.stamp(), name: 'font', value: 'large' })
    await settled()
    expect(heard).toEqual(['a', 'b', 'b'])
  })

  it('[ST22] malformed params are refused with what is wrong', async () => {
    const replica = await createReplica()
    let code = ''
    replica.live().watch('thread', { id: 5 }, () => expect.unreachable(), (error) => { code = error.code })
    expect(code).toBe('invalid_request')
  })

  it('[ST23] the sidebar mended commit by commit is the sidebar read at once', async () => {
    const replica = await createReplica()
    const sent = Array.from({ length: 6 }, (_, i) => replica.send(`thread ${i}`))
    mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread: sent[1]!.thread, patch: { pinned: true } })
    mutate(replica.db, 'cancel-send', { ...replica.stamp(), reply: sent[2]!.reply })
    mutate(replica.db, 'set-label', { ...replica.stamp(), thread: sent[3]!.thread, name: 'x', on: true })
    replica.send('later', { thread: sent[0]!.thread, parent: sent[0]!.reply })
    const mended = replica.list()
    const fresh = await createReplica({ seed: 9, image: replica.db.driver.export() })
    expect(mended).toEqual(fresh.list())
    expect(mended.map(({ title }) => title)).toEqual(['thread 1', 'thread 0', 'thread 5', 'thread 4', 'thread 3', 'thread 2'])
    expect(mended.find(({ title }) => title === 'thread 0')).toMatchObject({ queued: 2, streaming: false })
    expect(mended.find(({ title }) => title === 'thread 2')).toMatchObject({ queued: 0 })
  })

  it('[ST24] a row that has only some of its columns yet does not break the page', async () => {
    const { db, ask, list } = await createReplica()
    db.committed(db.driver.transaction(() => writeLocal(db, [
      { t: 'thread', k: 'thread-0001', c: { pinned: 1 } }, { t: 'message', k: 'message-0001', c: { deleted: 0 } },
      { t: 'message', k: 'message-0002', c: { thread: 'thread-0001', role: 'user' } },
    ])))
    expect(list()).toMatchObject([{ id: 'thread-0001', title: '', pinned: true, created_at: startOfTime }])
    expect(ask('messages', { thread: 'thread-0001' as ThreadId })).toEqual({ messages: [], pending: [] })
  })
})

describe('pending', () => {
  it('[RN25] a queued reply says whether it waits here, for a key, or for which device', async () => {
    const there = await createReplica({ seed: 1 })
    const { thread, reply, run } = there.send('hello')
    expect(there.ask('messages', { thread }).pending).toEqual([{ reply, run, here: true, device: null, needsKey: false }])
    there.world.hasKey = false
    expect(there.ask('messages', { thread }).pending).toMatchObject([{ needsKey: true }])
    there.db.driver.run('delete from pending_run')
    expect(there.ask('messages', { thread }).pending).toEqual([])
    const here = await createReplica({ seed: 2, image: there.db.driver.export() })
    expect(here.ask('messages', { thread }).pending).toEqual([{ reply, run, here: false, device: null, needsKey: false }])
    here.world.names.set(there.db.deviceId, 'Laptop')
    expect(here.ask('messages', { thread }).pending).toMatchObject([{ device: 'Laptop' }])
  })
})

describe('settings and drafts', () => {
  const setDraft = (replica: Replica, name: string, value: string | null) => mutate(replica.db, 'set-setting', { ...replica.stamp(), name, value })

  it('[ST25] a draft is kept at once and goes to the outbox at most every two seconds', async () => {
    const replica = await createReplica()
    const turns: (() => void)[] = []
    createDraftPushes(replica.db, (run) => {
      turns.push(run)
      return () => {}
    })
    for (const text of ['a', 'ab', 'abc']) {
      setDraft(replica, 'draft/thread-0001', text)
      expect(replica.ask('setting', { name: 'draft/thread-0001' })).toEqual({ value: text })
    }
    expect(replica.outbox().map(({ c }) => c.value)).toEqual(['a'])
    expect(replica.ask('settings', { prefix: 'draft/' })).toEqual([{ name: 'draft/thread-0001', value: 'abc' }])
    turns.shift()?.()
    expect(replica.outbox().map(({ c }) => c.value)).toEqual(['a', 'abc'])
    turns.shift()?.()
    setDraft(replica, 'draft/thread-0001', 'abcd')
    setDraft(replica, 'draft/thread-0001', 'abcde')
    setDraft(replica, 'draft/thread-0001', null)
    expect(replica.outbox().map(({ c }) => c.value)).toEqual(['a', 'abc', 'abcd', null])
    turns.shift()?.()
    expect(replica.outbox()).toHaveLength(4)
    expect(replica.ask('setting', { name: 'draft/thread-0001' })).toEqual({ value: null })
  })

  it('[ST26] a draft held when the worker died is pushed by the next one', async () => {
    const replica = await createReplica()
    setDraft(replica, 'draft/thread-0001', 'half a thought')
    const next = await createReplica({ seed: 1, image: replica.db.driver.export() })
    expect(next.ask('setting', { name: 'draft/thread-0001' })).toEqual({ value: 'half a thought' })
    createDraftPushes(next.db, () => () => {})
    expect(next.outbox()).toMatchObject([{ t: 'setting', k: 'draft/thread-0001', c: { value: 'half a thought' } }])
  })

  it('[ST27] settings are listed by prefix, and null clears', async () => {
    const replica = await createReplica()
    for (const [name, value] of [['ui/theme', 'dark'], ['ui/width', 5], ['uix', true]] as const) mutate(replica.db, 'set-setting', { ...replica.stamp(), name, value })
    expect(replica.ask('settings', { prefix: 'ui/' })).toEqual([{ name: 'ui/theme', value: 'dark' }, { name: 'ui/width', value: 5 }])
    mutate(replica.db, 'set-setting', { ...replica.stamp(), name: 'ui/theme', value: null })
    expect(replica.ask('settings', { prefix: 'ui/' })).toEqual([{ name: 'ui/width', value: 5 }])
    expect(replica.ask('setting', { name: 'ui/theme' })).toEqual({ value: null })
  })
})

describe('usage', () => {
  it('[RN26] what replies cost is summed by day, deleted ones too, copies not', async () => {
    const replica = await createReplica()
    const { thread, message, reply } = replica.send('hello')
    const usage = { promptTokens: 10, completionTokens: 5, cachedTokens: 4, reasoningTokens: 2, cost: 0.5 }
    replica.db.committed(replica.db.driver.transaction(() => writeLocal(replica.db, [{ t: 'message', k: reply, c: { status: 'final', parts: [], usage, error: null } }])))
    const expected = [{ day: new Date(startOfTime).toISOString().slice(0, 10), ...usage }]
    expect(replica.ask('usage', { days: 30 })).toEqual(expected)
    const ids = [replica.newId() as MessageId, replica.newId() as MessageId]
    mutate(replica.db, 'branch-thread', { ...replica.stamp(), thread: replica.newId() as ThreadId, source: reply, path: [message, reply], ids })
    mutate(replica.db, 'delete-message', { ...replica.stamp(), message: reply, deleted: true })
    expect(replica.ask('usage', { days: 30 })).toEqual(expected)
    expect(replica.ask('usage', { days: 30, thread })).toEqual(expected)
    replica.time.now += 40 * 24 * 60 * 60_000
    expect(replica.ask('usage', { days: 30 })).toEqual([])
  })
})
