import { buffer, text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { snapshotEndSchema, snapshotRowSchema } from '~/shared/protocol/snapshot'
import { loggedChangeSchema } from '~/shared/sync/change'
import { asidePlaceSchema } from '~/server/sync/aside-page'
import { maintain } from '~/server/sync/maintenance'
import { databases, openContext, type OpenedContext } from './databases'
import { addDevice } from './device'

const message = (text: string) => ({ thread: 'thread_0001', role: 'user', status: 'final', parts: [{ type: 'text', text }], usage: null, error: null })

describe.each(databases)('what cannot be read, on $name', ({ dialect, skip }) => {
  let opened: OpenedContext
  beforeEach(async () => {
    if (!skip) opened = await openContext(dialect)
  })
  afterEach(() => (skip ? undefined : opened.close()))
  const it = skip ? test.skip : test

  const plant = (pk: string, columns: object) => opened.context.database.updateTable('entity').set(columns).where('pk', '=', pk).execute()
  const plantChange = (pk: string, columns: string) => opened.context.database.updateTable('change').set({ columns }).where('pk', '=', pk).execute()
  /** What waits behind a key that is aside. */
  const wait = (space: string, pk: string, texts: string[]) => opened.context.database.insertInto('aside_change')
    .values(texts.map((columns, i) => ({ space, table: 'message', pk, seq: 100 + i, device: 'other', n: i + 1, merged: 0, h: '', columns }))).execute()
  const keys = async (space: string) => (await opened.context.sync.aside(space)).keys

  async function fill() {
    const device = await addDevice(opened.context)
    await device.push(
      device.change('thread', 'thread_0001', { title: 'one' }), device.change('message', 'message_01', message('first')),
      device.change('message', 'message_02', message('second')),
    )
    return device
  }

  const deep = '['.repeat(1_200) + ']'.repeat(1_200)

  it('[SY120] a row that cannot be read is set aside by what is pushed to it, which waits behind it and is acknowledged', async () => {
    const planted = [
      { columns: '{"title":' }, { columns: '[1]' }, { columns: '{"title":5}' }, { columns: '{"created_at":1e300}' }, { columns: `{"title":"x","a":${deep}}` },
      { hx: 'x' }, { hx: '{"title":5}' }, { h: 'yesterday' },
    ]
    const device = await addDevice(opened.context)
    const key = (i: number) => `thread_000${i}`
    await device.push(...planted.map((_, i) => device.change('thread', key(i), { title: 'one' })))
    for (const [i, columns] of planted.entries()) await plant(key(i), columns)
    for (const [i, columns] of planted.entries()) {
      const { outcome } = await device.push(device.change('thread', key(i), { pinned: 1 }), device.change('setting', `theme ${i}`, { value: 'dark' }))
      expect(outcome).toMatchObject({ kind: 'stored', upto: 10 + 2 * i, from: 9 + 2 * i, to: 10 + 2 * i })
      const kept = (await keys(device.spaceId)).find(({ k }) => k === key(i))
      expect(kept).toMatchObject({ t: 'thread', changes: [{ seq: i + 1, c: '{"title":"one"}' }, { seq: 9 + 2 * i, c: '{"pinned":1}' }] })
      expect(JSON.parse(kept!.row!)).toMatchObject(columns)
    }
    expect((await opened.context.database.selectFrom('entity').select('table').distinct().execute())).toEqual([{ table: 'setting' }])
  })

  it('[SY121] a page leaves out a change that cannot be read, with something in its place, and goes on', async () => {
    const device = await addDevice(opened.context)
    const other = await addDevice(opened.context, device.spaceId)
    const planted = ['{"title":', '[1]', '"x"', `{"title":${deep}}`]
    const key = (i: number) => `thread_000${i}`
    await device.push(...planted.map((_, i) => device.change('thread', key(i), { title: 'one' })), device.change('setting', 'theme', { value: 1 }))
    for (const [i, columns] of planted.entries()) await plantChange(key(i), columns)
    for (let asked = 0; asked < 2; asked++) {
      const page = await other.pull()
      expect(page).toMatchObject({ kind: 'page', from: 1, to: 5, more: false })
      if (page.kind !== 'page') continue
      expect(page.changes.map(({ seq, t, c }) => [seq, t, c])).toEqual([...planted.map((_, i) => [i + 1, 'aside', {}]), [5, 'setting', { value: 1 }]])
      for (const change of page.changes) loggedChangeSchema.parse(change)
    }
    expect(await device.pull()).toMatchObject({ changes: planted.map((_, i) => ({ seq: i + 1, t: 'thread', k: key(i), c: {} })).concat({ seq: 5 } as never) })
    expect(await keys(device.spaceId)).toHaveLength(4)
  })

  it('[SY122] image, rows, fingerprint and maintenance leave it out, and name it', async () => {
    const device = await fill()
    const { snapshots, sync, database, spaces } = opened.context
    const whole = await sync.fingerprint(device.spaceId)
    await plant('message_01', { columns: '{"parts":[' })
    const lines = (await text((await snapshots.rows(device.spaceId)).stream)).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
    expect(lines.slice(1, -1).map((line) => snapshotRowSchema.parse(line).k)).toEqual(['thread_0001', 'message_02'])
    expect(snapshotEndSchema.parse(lines.at(-1))).toMatchObject({ rows: 2, aside: [{ t: 'message', k: 'message_01', reason: 'its columns are malformed JSON' }] })
    await plant('message_02', { columns: '{"thread":{}}' })
    expect((await buffer((await snapshots.image(device.spaceId)).stream)).length).toBeGreaterThan(0)
    const left = await sync.fingerprint(device.spaceId)
    expect([whole.tables.message!.rows, left.tables.message!.rows, left.aside?.map(({ k }) => k).sort()]).toEqual([2, 0, ['message_01', 'message_02']])
    await maintain({ database, sync, spaces, now: opened.context.now })
    const without = await sync.fingerprint(device.spaceId, [['thread', 'thread_0001']])
    expect(without.tables.thread).toEqual({ rows: 0, sums: new Array(64).fill(0) })
  })

  it('[SY123] tried again it comes back from its own text or from its changes, with what waited, and is logged anew for every device', async () => {
    const device = await fill()
    const { sync, database } = opened.context
    const before = await database.selectFrom('entity').selectAll().orderBy('pk').execute()
    await plant('message_01', { columns: '{"parts":[' })
    await plantChange('message_02', 'x')
    await sync.fingerprint(device.spaceId)
    await device.pull()
    await device.push(device.change('message', 'message_01', { deleted: 1 }))
    expect(await keys(device.spaceId)).toHaveLength(2)
    expect(await sync.returnAside(device.spaceId)).toBe(2)
    expect(await keys(device.spaceId)).toEqual([])
    const after = await database.selectFrom('entity').selectAll().orderBy('pk').execute()
    expect(JSON.parse(after[0]!.columns)).toEqual({ ...JSON.parse(before[0]!.columns), deleted: 1 })
    expect(after[1]).toMatchObject({ pk: 'message_02', columns: before[1]!.columns, hash: before[1]!.hash })
    const page = await device.pull(4)
    expect(page).toMatchObject({ from: 5, more: false })
    if (page.kind === 'page') expect([...new Set(page.changes.map(({ k, device: writer }) => `${writer} ${k}`))]).toEqual(['server message_01', 'server message_02'])
    expect(await device.pull()).toMatchObject({ kind: 'page', changes: { length: 7 } })
    expect(await keys(device.spaceId)).toEqual([])
  })

  it('[SY123] a row whose log has lost its beginning waits until its text can be read', async () => {
    const device = await fill()
    const { sync, database } = opened.context
    await device.push(device.change('thread', 'thread_0001', { pinned: 1 }))
    const { columns } = await database.selectFrom('entity').select('columns').where('pk', '=', 'thread_0001').executeTakeFirstOrThrow()
    await database.deleteFrom('change').where('seq', '=', 1).execute()
    await plant('thread_0001', { columns: columns.slice(1) })
    await sync.fingerprint(device.spaceId)
    expect(await sync.returnAside(device.spaceId)).toBe(0)
    await database.updateTable('aside').set({ columns }).execute()
    expect(await sync.returnAside(device.spaceId)).toBe(1)
    expect((await database.selectFrom('entity').select('columns').where('pk', '=', 'thread_0001').executeTakeFirstOrThrow()).columns).toBe(columns)
  })

  it('[SY127] what is aside is answered in pages of bounded size, each with its place, and nothing is missing or twice', async () => {
    const device = await fill()
    const { sync } = opened.context
    await plant('message_01', { columns: '{"parts":[' })
    await plant('message_02', { columns: `{"parts":["${'x'.repeat(1_200_000)}` })
    await sync.fingerprint(device.spaceId)
    const texts = Array.from({ length: 1_100 }, (_, i) => `${i} ${'x'.repeat(2_000)}`)
    await wait(device.spaceId, 'message_01', texts)
    await wait(device.spaceId, 'message_02', ['y'.repeat(1_500_000), 'z'])
    const pages = [await sync.aside(device.spaceId)]
    for (let { next } = pages[0]!; next !== undefined; { next } = pages.at(-1)!) pages.push(await sync.aside(device.spaceId, asidePlaceSchema.parse(next)))
    expect(pages.map(({ count }) => count)).toEqual(pages.map(() => 2))
    const given = pages.map((page) => page.keys.flatMap(({ row, changes }) => [row ?? '', ...changes.map(({ c }) => c)]).filter(Boolean))
    for (const things of given) if (things.length > 1) expect(things.join('').length).toBeLessThan(1_200_000)
    const whole = (pk: string) => pages.flatMap((page) => page.keys).filter(({ k }) => k === pk)
    expect(whole('message_01').flatMap(({ changes }) => changes.map(({ c }) => c)).slice(1)).toEqual(texts)
    expect(whole('message_01')[0]).toMatchObject({ waiting: 1_101, bytes: expect.closeTo(texts.join('').length, -3) as number })
    expect(whole('message_02').flatMap(({ changes }) => changes.map(({ c }) => c.length)).slice(1)).toEqual([1_500_000, 1])
    expect([whole('message_01'), whole('message_02')].map((parts) => parts.filter(({ row }) => row !== null).length)).toEqual([1, 1])
  })
})
