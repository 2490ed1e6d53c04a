import { describe, expect, it } from 'vitest'
import type { MessageId, RunId, ThreadId } from '~/shared/domain/ids'
import { HoldfastException } from '~/shared/errors'
import { mutate } from '~/workers/database/mutations/all'
import { listStops } from '~/workers/database/notes'
import { acknowledge } from '~/workers/database/outbox'
import { listPending } from '~/workers/database/pending-run'
import { createReplica } from './replica'

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof HoldfastException) return error.error.code
    throw error
  }
  return 'none'
}

describe('send', () => {
  it('[ST10] writes thread, message, placeholder and pending run together, parents before children', async () => {
    const { send, outbox, db, messagesOf } = await createReplica()
    const { thread, message, reply, run } = send('hello')
    expect(outbox().map(({ t, k }) => [t, k])).toEqual([['thread', thread], ['message', message], ['message', reply]])
    expect(messagesOf(thread)).toMatchObject([
      { id: message, role: 'user', status: 'final', parts: [{ type: 'text', text: 'hello' }], parent: null },
      { id: reply, role: 'assistant', status: 'queued', parts: [], parent: message, run, model: 'fake/echo' },
    ])
    expect(listPending(db.driver)).toEqual([{ run, thread, message: reply, parent: message, options: { model: 'fake/echo' }, wrote: message, tried: false, attempts: 0 }])
  })

  it('[ST11] a mutation id seen before writes nothing and gets the first answer', async () => {
    const replica = await createReplica()
    const { thread, reply } = replica.send('once')
    const cancel = { ...replica.stamp(), reply }
    const first = mutate(replica.db, 'cancel-send', cancel)
    const before = replica.outbox().length
    expect(mutate(replica.db, 'cancel-send', cancel)).toEqual(first)
    expect(first).toEqual({ text: 'once' })
    expect(replica.outbox()).toHaveLength(before)
    expect(replica.messagesOf(thread).every(({ deleted }) => deleted)).toBe(true)
  })

  it('[ST12] a failed mutation leaves nothing, and its id can be used again', async () => {
    const replica = await createReplica()
    const stamp = replica.stamp()
    const patch = { ...stamp, thread: 'thread-missing' as ThreadId, patch: { title: 'x' } }
    expect(codeOf(() => mutate(replica.db, 'patch-thread', patch))).toBe('not_found')
    const { thread } = replica.send('now there is one')
    mutate(replica.db, 'patch-thread', { ...patch, thread })
    expect(replica.ask('thread', { id: thread }).thread?.title).toBe('x')
  })

  it('[RN20] a queued send is cancelled whole; one that went out is not', async () => {
    const replica = await createReplica()
    const { thread, message, reply } = replica.send('take me back')
    expect(mutate(replica.db, 'cancel-send', { ...replica.stamp(), reply })).toEqual({ text: 'take me back' })
    expect(replica.messagesOf(thread).map(({ id, deleted }) => [id, deleted])).toEqual([[message, true], [reply, true]])
    expect(listPending(replica.db.driver)).toEqual([])
    expect(codeOf(() => mutate(replica.db, 'cancel-send', { ...replica.stamp(), reply }))).toBe('conflict')
  })

  it('[RN21] editing a queued send deletes both its rows and writes siblings', async () => {
    const replica = await createReplica()
    const first = replica.send('before')
    const second = replica.send('after', { thread: first.thread, replaces: first.reply })
    const live = replica.messagesOf(first.thread).filter(({ deleted }) => !deleted)
    expect(live.map(({ id, parent }) => [id, parent])).toEqual([[second.message, null], [second.reply, second.message]])
    expect(listPending(replica.db.driver).map(({ run }) => run)).toEqual([second.run])
  })

  it('[RN22] cancelling a retry keeps the message that was answered before', async () => {
    const replica = await createReplica()
    const { thread, message, reply, run } = replica.send('question')
    replica.db.driver.run('delete from pending_run where run = ?', [run])
    const again = replica.newId() as MessageId
    mutate(replica.db, 'send', { ...replica.stamp(), thread, reply: { id: again, run: replica.newId() as never, parent: message }, options: { model: 'fake/echo' } })
    expect(mutate(replica.db, 'cancel-send', { ...replica.stamp(), reply: again })).toEqual({ text: '' })
    expect(replica.messagesOf(thread).filter(({ deleted }) => !deleted).map(({ id }) => id)).toEqual([message, reply])
  })

  it('[RN23] a send into a thread or under a message that is not here fails before it writes', async () => {
    const replica = await createReplica()
    const ids = { id: replica.newId() as MessageId, run: replica.newId() as never }
    const thread = replica.newId() as ThreadId
    const request = { ...replica.stamp(), thread, reply: { ...ids, parent: 'message-nowhere' as MessageId }, options: { model: 'm' } }
    expect(codeOf(() => mutate(replica.db, 'send', request))).toBe('not_found')
    const newThread = { title: 't', model: null, system_prompt: null }
    expect(codeOf(() => mutate(replica.db, 'send', { ...request, newThread }))).toBe('not_found')
    expect(replica.outbox()).toEqual([])
  })

  it('[RN24] a reply queued on another device can be sent from here, under the same run, and still be taken back', async () => {
    const there = await createReplica({ seed: 1 })
    const { reply, run, message, thread } = there.send('from afar')
    there.db.driver.run('delete from pending_run')
    const here = await createReplica({ seed: 2, image: there.db.driver.export() })
    mutate(here.db, 'send-from-here', { ...here.stamp(), reply })
    expect(listPending(here.db.driver)).toMatchObject([{ run, thread, parent: message, message: reply, wrote: message, options: { model: 'fake/echo' } }])
    expect(mutate(here.db, 'cancel-send', { ...here.stamp(), reply })).toEqual({ text: 'from afar' })
    expect(listStops(here.db.driver)).toEqual([run])
  })

  it('[RN27] a send of another device is cancelled whole; of a retry only the reply goes', async () => {
    const there = await createReplica({ seed: 1 })
    const { reply, run, message, thread } = there.send('from afar')
    const again = there.newId() as MessageId
    mutate(there.db, 'send', { ...there.stamp(), thread, reply: { id: again, run: there.newId() as RunId, parent: message }, options: { model: 'fake/echo' } })
    there.db.driver.run('delete from pending_run')
    const here = await createReplica({ seed: 2, image: there.db.driver.export() })
    const live = () => here.messagesOf(thread).filter(({ deleted }) => !deleted).map(({ id }) => id)
    expect(mutate(here.db, 'cancel-send', { ...here.stamp(), reply: again })).toEqual({ text: '' })
    expect(live()).toEqual([message, reply])
    expect(mutate(here.db, 'cancel-send', { ...here.stamp(), reply })).toEqual({ text: 'from afar' })
    expect(live()).toEqual([])
    expect(listStops(here.db.driver)).toContain(run)
  })

  it('[RN27] a send that left this device is none of another', async () => {
    const replica = await createReplica()
    const { reply } = replica.send('gone')
    replica.db.driver.run('delete from pending_run')
    expect(codeOf(() => mutate(replica.db, 'cancel-send', { ...replica.stamp(), reply }))).toBe('conflict')
  })

  it('[RN24] what is sent from here goes by the options that came with the wish', async () => {
    const replica = await createReplica()
    const { reply } = replica.send('from afar')
    replica.db.driver.run('delete from pending_run')
    mutate(replica.db, 'send-from-here', { ...replica.stamp(), reply, options: { model: 'fake/echo', temperature: 0.3 } })
    expect(listPending(replica.db.driver)).toMatchObject([{ options: { model: 'fake/echo', temperature: 0.3 } }])
  })

  it('[ST16] its settings are written in the same transaction', async () => {
    const replica = await createReplica()
    const { thread, message } = replica.send('first')
    const reply = { id: replica.newId() as MessageId, run: replica.newId() as RunId, parent: message }
    mutate(replica.db, 'send', { ...replica.stamp(), thread, reply, options: { model: 'fake/echo' }, settings: [{ name: 'options/one', value: { temperature: 1 } }, { name: 'options/new', value: null }] })
    expect(replica.ask('setting', { name: 'options/one' })).toEqual({ value: { temperature: 1 } })
    expect(replica.outbox().slice(-2).map(({ k, c }) => [k, c])).toEqual([['options/one', { value: { temperature: 1 } }], ['options/new', { value: null }]])
    const failing = { ...replica.stamp(), thread: 'thread-missing' as ThreadId, reply, options: { model: 'fake/echo' }, settings: [{ name: 'options/two', value: 1 }] }
    expect(codeOf(() => mutate(replica.db, 'send', failing))).toBe('not_found')
    expect(replica.ask('setting', { name: 'options/two' })).toEqual({ value: null })
  })

  it('[RN53] for a summary writes its row beside the path, whose end stays where it was', async () => {
    const replica = await createReplica()
    const { thread, reply } = replica.send('first')
    const summary = { id: replica.newId() as MessageId, run: replica.newId() as RunId, parent: reply }
    mutate(replica.db, 'send', { ...replica.stamp(), thread, reply: summary, options: { model: 'fake/echo', summarize: true } })
    expect(replica.messagesOf(thread).at(-1)).toMatchObject({ id: summary.id, role: 'system', model: 'fake/echo', status: 'queued', parent: reply })
    expect(replica.ask('thread', { id: thread }).thread?.active_leaf).toBe(reply)
    expect(listPending(replica.db.driver).at(-1)).toMatchObject({ message: summary.id, options: { summarize: true } })
  })
})

describe('threads', () => {
  it('[ST13] a branch copies the path into a thread of its own and leaves out what still streams', async () => {
    const replica = await createReplica()
    const { thread, message, reply } = replica.send('root')
    const [copy, ids] = [replica.newId() as ThreadId, [replica.newId() as MessageId, replica.newId() as MessageId]]
    mutate(replica.db, 'branch-thread', { ...replica.stamp(), thread: copy, source: reply, path: [message, reply], ids })
    expect(replica.messagesOf(copy)).toMatchObject([{ id: ids[0], parent: null, parts: [{ type: 'text', text: 'root' }], run: null }])
    expect(replica.ask('thread', { id: copy }).thread).toMatchObject({ parent_thread: thread, parent_message: reply, active_leaf: ids[0], title: 'root' })
    expect(replica.messagesOf(thread)).toHaveLength(2)
  })

  it('[ST17] a branch takes the reply settings of its thread along', async () => {
    const replica = await createReplica()
    const { thread, message } = replica.send('root')
    mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread, patch: { system_prompt: 'Be brief.' } })
    mutate(replica.db, 'set-setting', { ...replica.stamp(), name: `options/${thread}`, value: { temperature: 0.2 } })
    const copy = replica.newId() as ThreadId
    mutate(replica.db, 'branch-thread', { ...replica.stamp(), thread: copy, source: message, path: [message], ids: [replica.newId() as MessageId] })
    expect(replica.ask('setting', { name: `options/${copy}` })).toEqual({ value: { temperature: 0.2 } })
    expect(replica.ask('thread', { id: copy }).thread?.system_prompt).toBe('Be brief.')
  })

  it('[ST14] rename, pin, archive, delete and undo are columns that come back', async () => {
    const replica = await createReplica()
    const { thread } = replica.send('hello')
    const patch = (patch: Parameters<typeof mutate<'patch-thread'>>[2]['patch']) => mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread, patch })
    patch({ title: 'x'.repeat(400), pinned: true })
    expect(replica.list()).toMatchObject([{ id: thread, title: 'x'.repeat(300), pinned: true }])
    patch({ archived: true })
    expect(replica.list()).toEqual([])
    expect(replica.list('archived')).toMatchObject([{ id: thread }])
    patch({ deleted: true })
    expect(replica.list('archived')).toEqual([])
    expect(replica.ask('thread', { id: thread }).state).toBe('deleted')
    patch({ deleted: false })
    expect(replica.ask('thread', { id: thread }).state).toBe('present')
  })

  it('[ST15] labels and messages are taken off and put back', async () => {
    const replica = await createReplica()
    const { thread, message } = replica.send('hello')
    const labels = () => replica.db.driver.all<{ name: string }>('select name from label where thread = ? and "on" = 1', [thread]).map(({ name }) => name)
    mutate(replica.db, 'set-label', { ...replica.stamp(), thread, name: 'work', on: true })
    expect(labels()).toEqual(['work'])
    mutate(replica.db, 'set-label', { ...replica.stamp(), thread, name: 'work', on: false })
    expect(labels()).toEqual([])
    mutate(replica.db, 'delete-message', { ...replica.stamp(), message, deleted: true })
    expect(replica.messagesOf(thread)[0]).toMatchObject({ id: message, deleted: true })
    mutate(replica.db, 'delete-message', { ...replica.stamp(), message, deleted: false })
    expect(replica.messagesOf(thread)[0]).toMatchObject({ id: message, deleted: false })
  })

  it('[SY9] a refused change stays visible, goes again under a new number, or is given up', async () => {
    const replica = await createReplica()
    replica.send('hello')
    replica.db.driver.transaction(() => acknowledge(replica.db.driver, 3, [{ n: 1, code: 'invalid_request', message: 'no' }, { n: 2, code: 'invalid_request', message: 'no' }]))
    expect(replica.ask('rejected', {})).toMatchObject([{ n: 1, table: 'thread', code: 'invalid_request', message: 'no' }, { n: 2, table: 'message' }])
    mutate(replica.db, 'retry-change', { ...replica.stamp(), n: 1 })
    mutate(replica.db, 'discard-change', { ...replica.stamp(), n: 2 })
    expect(replica.ask('rejected', {})).toEqual([])
    expect(replica.outbox()).toMatchObject([{ n: 4, t: 'thread' }])
    expect(codeOf(() => mutate(replica.db, 'retry-change', { ...replica.stamp(), n: 1 }))).toBe('not_found')
  })
})
