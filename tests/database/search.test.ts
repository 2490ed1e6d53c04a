import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replicaMigrations } from '~/shared/sql/replica'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { writeLocal } from '~/workers/database/local-write'
import { mutate } from '~/workers/database/mutations/all'
import { createReplica } from './replica'

describe('search', () => {
  it('[ST30] finds words by their beginning, whatever their case and accents, in titles and messages', async () => {
    const replica = await createReplica()
    const { thread, message } = replica.send('The Überraschung of crème brûlée')
    const hits = (text: string) => replica.ask('search', { text, limit: 50 }).map((hit) => [hit.thread, hit.message])
    expect(hits('uberr')).toEqual([[thread, null], [thread, message]])
    expect(hits('creme BRUL')).toEqual([[thread, null], [thread, message]])
    expect(hits('creme absent')).toEqual([])
  })

  it('[ST31] marks the match in the snippet and says when it was', async () => {
    const replica = await createReplica()
    const { message } = replica.send(`${'before '.repeat(40)}needle${' after'.repeat(40)}`)
    const hit = replica.ask('search', { text: 'needle', limit: 50 }).find((found) => found.message === message)
    expect(hit?.snippet).toContain('before \uE000needle\uE001 after')
    expect(hit?.at).toBe(replica.messagesOf(hit!.thread)[0]?.created_at)
  })

  it('[ST32] deleted messages and threads are not found until they come back', async () => {
    const replica = await createReplica()
    const { thread, message } = replica.send('needle')
    const count = () => replica.ask('search', { text: 'needle', limit: 50 }).length
    expect(count()).toBe(2)
    mutate(replica.db, 'delete-message', { ...replica.stamp(), message, deleted: true })
    expect(count()).toBe(1)
    mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread, patch: { deleted: true } })
    expect(count()).toBe(0)
    mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread, patch: { deleted: false } })
    expect(count()).toBe(1)
  })

  it('[ST33] any text is a safe query', async () => {
    const replica = await createReplica()
    replica.send('quote " star * paren ( AND OR NOT NEAR ^col: -minus + NULL')
    for (const text of ['"', '*', '(', 'a AND', 'NEAR(', '^', 'col:x', '-', '\u0000', '\ud800', "'; drop table message; --", '"" ""', '{', 'text : quote']) {
      expect(() => replica.ask('search', { text, limit: 50 }), text).not.toThrow()
    }
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => Array.isArray(replica.ask('search', { text, limit: 5 }))), { numRuns: 500 })
    expect(replica.ask('search', { text: 'quote" *star', limit: 5 }).length).toBeGreaterThan(0)
  })

  it('[ST34] a title outranks a message that says the same', async () => {
    const replica = await createReplica()
    for (let i = 0; i < 5; i++) replica.send(`filler ${i} about a harbour among very many other words of no use`)
    const { thread } = replica.send('harbour')
    expect(replica.ask('search', { text: 'harbour', limit: 1 })).toMatchObject([{ thread, message: null }])
  })
})

describe('a word that is everywhere', () => {
  it('[ST35] is answered with titles and the newest messages, without ranking all of them', async () => {
    const replica = await createReplica()
    const { thread } = replica.send('common ground')
    replica.db.committed(replica.db.driver.transaction(() => writeLocal(replica.db, Array.from({ length: 2_100 }, (_, i) => ({
      t: 'message' as const, k: `message-${String(i).padStart(6, '0')}`,
      c: { thread, parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text: `common ${i}` }], usage: null, error: null, run: null, model: null, deleted: 0, created_at: i },
    })))))
    const hits = replica.ask('search', { text: 'comm', limit: 3 })
    expect(hits.map(({ message }) => message)).toEqual([null, 'message-002099', 'message-002098'])
    expect(hits[1]?.snippet).toBe('\uE000common\uE001 2099')
  })
})

describe('a file of an earlier schema', () => {
  it('[ST36] keeps its rows when it is opened, and what they say is found', async () => {
    const driver = await createMemoryDriver()
    driver.exec(`${replicaMigrations[0]} pragma user_version = 1;`)
    const h = '1700000000000:00000:server'
    driver.run('insert into thread (id, title, h, hx) values (?, ?, ?, ?)', ['thread-0001', 'The harbour', h, '{}'])
    driver.run('insert into message (id, thread, parts, h, hx) values (?, ?, ?, ?, ?)', ['message-0001', 'thread-0001', '[{"type":"text","text":"A boat in the harbour"}]', h, '{}'])
    const replica = await createReplica({ image: driver.export() })
    expect(replica.ask('search', { text: 'harb', limit: 5 }).map(({ message }) => message)).toEqual([null, 'message-0001'])
    replica.db.driver.run('delete from message')
    expect(replica.ask('search', { text: 'ha', limit: 5 }).map(({ message }) => message)).toEqual([null])
  })
})
