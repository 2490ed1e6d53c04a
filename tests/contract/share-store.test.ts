import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { threadShareRequestSchema } from '~/shared/protocol/share'
import { change } from '../server/changes'
import { message, session, text } from '../shares/client'
import { databases, openContext, type OpenedContext } from './databases'

const page = { limit: 2 }

describe.each(databases)('shares on $name', ({ dialect, skip }) => {
  describe.skipIf(skip)(dialect, () => {
    let opened: OpenedContext
    let space = ''
    let now = Date.parse('2026-11-21T06:00:00Z')
    const shares = () => opened.context.shares
    const items = async (id: string) => {
      const share = await shares().reader.find(id)
      return share ? (await shares().reader.open(share)).list.map(({ key }) => key) : undefined
    }

    beforeAll(async () => {
      opened = await openContext(dialect, { now: () => now, shareQuotas: { shareItems: 4 } })
      space = await opened.context.database.transaction().execute((trx) => opened.context.spaces.create(trx))
    })
    afterAll(() => opened.close())

    test('[SH3] items merge by their keys, in the order of the keys', async () => {
      const { id, secret } = await shares().sessions.create('ses_1', null)
      await shares().sessions.sync(id, secret, [session('One'), text('msg_b', 'first', 'prt_2')])
      expect(await shares().sessions.sync(id, secret, [text('msg_b', 'second', 'prt_2'), message('msg_B', 'user')])).toMatchObject({ syncCount: 2 })
      expect(await items(id)).toEqual(['message/msg_B', 'part/msg_b/prt_2', 'session'])
    })

    test('[SH3] two syncs at once are both counted and both stored', async () => {
      const { id, secret } = await shares().sessions.create('ses_2', null)
      await Promise.all([shares().sessions.sync(id, secret, [session('A')]), shares().sessions.sync(id, secret, [message('msg_1', 'user')])])
      expect((await shares().reader.find(id))?.syncs).toBe(2)
      expect(await items(id)).toEqual(['message/msg_1', 'session'])
    })

    test('[SH16] a batch over the quota leaves no trace', async () => {
      const { id, secret } = await shares().sessions.create('ses_3', null)
      await shares().sessions.sync(id, secret, [session('Kept')])
      await expect(shares().sessions.sync(id, secret, [1, 2, 3, 4].map((index) => message(`msg_${index}`, 'user')))).rejects.toThrow('at most 4 items')
      expect((await shares().reader.find(id))?.syncs).toBe(1)
      expect(await items(id)).toEqual(['session'])
    })

    test('[SH33] an owner\'s list is paged by time and id', async () => {
      const { key } = await shares().keys.mint(space, 'device', 'a key')
      const holder = await shares().keys.find(key)
      for (const index of [1, 2, 3, 4, 5]) await shares().sessions.create(`ses_page_${index}`, holder)
      const first = await shares().owner.list(space, 'https://x', page)
      const second = await shares().owner.list(space, 'https://x', { ...page, ...(first.next ? { cursor: first.next } : {}) })
      const third = await shares().owner.list(space, 'https://x', { ...page, ...(second.next ? { cursor: second.next } : {}) })
      expect(new Set([...first.sessions, ...second.sessions, ...third.sessions].map(({ id }) => id)).size).toBe(5)
      expect(third.next).toBeNull()
      expect(await shares().keys.list(space)).toMatchObject([{ name: 'a key', shares: 5 }])
    })

    test('[SH20] a live share of a thread follows its rows', async () => {
      const { sync } = opened.context
      const push = (n: number, t: string, k: string, c: Parameters<typeof change>[4]) => sync.push(space, 'aaaaaaaaaaaaaaaa', [change('aaaaaaaaaaaaaaaa', n, t, k, c, ++now)])
      const said = (words: string, parent: string | null) => ({ thread: 'thread_0001', parent, role: 'user', status: 'final', parts: [{ type: 'text', text: words }], usage: null, error: null, deleted: 0, created_at: now })
      await push(1, 'thread', 'thread_0001', { title: 'A thread', created_at: now })
      await push(2, 'message', 'message_1', said('one', null))
      const id = await shares().threads.publish(space, 'device', threadShareRequestSchema.parse({ threadId: 'thread_0001', live: true }))
      expect(await items(id)).toEqual(['message/message_1', 'part/message_1/prt_00000', 'session'])
      await push(3, 'message', 'message_1', { deleted: 1 })
      expect(await items(id)).toEqual(['session'])
    })

    test('[SH22] what has expired is swept, and the audit says so', async () => {
      const id = await shares().threads.publish(space, 'device', threadShareRequestSchema.parse({ threadId: 'thread_0001', expiresAt: now + 1_000 }))
      now += 1_001
      expect(await shares().expiry.sweep()).toBe(1)
      expect(await shares().reader.find(id)).toBeNull()
      expect((await shares().owner.audit(space, 1))[0]).toMatchObject({ event: 'share-expired', subject: id, actor: 'server' })
    })
  })
})
