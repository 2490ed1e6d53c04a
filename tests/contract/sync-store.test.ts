import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rowToEntity } from '~/server/sync/stored-row'
import { maintain } from '~/server/sync/maintenance'
import { fingerprintModulus, hashEntity, bucketOfKey } from '~/shared/sync/fingerprint'
import { clockTime, formatClock, type Clock } from '~/shared/sync/clock'
import { mergeChange, type Entity } from '~/shared/sync/merge'
import { databases, openContext, type OpenedContext } from './databases'
import { addDevice } from './device'

const day = 24 * 60 * 60 * 1000

describe.each(databases)('the log on $name', ({ dialect, skip }) => {
  let opened: OpenedContext
  let now = 0
  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1)
    if (!skip) opened = await openContext(dialect, { now: () => now })
  })
  afterEach(() => (skip ? undefined : opened.close()))
  const it = skip ? test.skip : test

  it('[SY40] numbers have no holes whatever is rejected, repeated or written by the server', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const first = device.change('thread', 'thread_0001', { title: 'one' })
    await device.push(first, device.change('nonsense', 'x', { a: 1 }))
    await device.push(first)
    await context.sync.transaction(device.spaceId, (trx) => context.sync.writeServerChanges(trx, device.spaceId, [
      { t: 'thread', k: 'thread_0001', c: { pinned: 1 } }, { t: 'thread', k: 'thread_0002', c: { title: 'two' } },
    ]))
    await device.push(device.change('thread', 'thread_0001', { title: 'three' }))
    const page = await device.pull()
    expect(page).toMatchObject({ kind: 'page', from: 1, to: 4, head: 4, upto: 3 })
    expect(page.kind === 'page' && page.changes.map(({ seq, device: writer, n }) => [seq, writer === 'server' ? 'server' : 'device', n]))
      .toEqual([[1, 'device', 1], [2, 'server', 1], [3, 'server', 2], [4, 'device', 3]])
  })

  it('[SY41] the server\'s clock is above every clock pushed', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const ahead = device.change('thread', 'thread_0001', { title: 'ahead' }, now + 60_000)
    await device.push(ahead)
    const [written] = await context.sync.transaction(device.spaceId, (trx) =>
      context.sync.writeServerChanges(trx, device.spaceId, [{ t: 'thread', k: 'thread_0001', c: { title: 'server' } }]))
    expect(written!.h > ahead.h).toBe(true)
    const row = await context.database.selectFrom('entity').selectAll().executeTakeFirstOrThrow()
    expect(rowToEntity(row).columns).toEqual({ title: 'server' })
  })

  it('[SY130] pushes that each go as far as they may do not walk the clock away', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const clock = async () => (await context.database.selectFrom('space').select('clock').executeTakeFirstOrThrow()).clock as Clock
    let taken = 0
    for (let n = 1; n <= 60; n++) {
      const from = Math.max(now, n === 1 ? 0 : clockTime(await clock()))
      const { outcome } = await context.sync.push(device.spaceId, device.deviceId, [
        { n: taken + 1, t: 'setting', k: 'walk', h: formatClock(from + 60_000, 99_999, `${device.deviceId}.tagx`), c: { value: n } },
      ])
      if (outcome.kind === 'stored') taken++
      else expect(outcome).toEqual({ kind: 'skew', upto: taken, now })
    }
    expect(taken).toBe(1)
    expect(clockTime(await clock())).toBe(now + 60_000)
  })

  it('[SY131] in a space that is ahead only the next counter is taken, and the next millisecond when the counter is full', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const ahead = now + 10 * day
    await context.sync.push(device.spaceId, device.deviceId, [device.change('setting', 'a', { value: 1 })])
    const stand = (counter: number) => context.database.updateTable('space').set({ clock: formatClock(ahead, counter, 'server') }).execute()
    let n = 1
    const push = async (...clocks: [ms: number, counter: number, table?: 'setting' | 'nonsense'][]) => {
      const changes = clocks.map(([ms, counter, t = 'setting'], index) => ({ n: n + index + 1, t, k: 'a', h: formatClock(ms, counter, `${device.deviceId}.tagx`), c: { value: counter } }))
      const { outcome } = await context.sync.push(device.spaceId, device.deviceId, changes)
      if (outcome.kind === 'stored') n += clocks.length
      else expect(outcome).toEqual({ kind: 'skew', upto: n, now: ahead - 60_001 })
      return outcome.kind
    }
    await stand(7)
    expect(await push([ahead, 9])).toBe('skew')
    expect(await push([ahead + 1, 0])).toBe('skew')
    expect(await push([ahead, 8], [ahead, 10])).toBe('skew')
    expect(await push([ahead - 1, 99_999], [ahead, 8], [ahead, 9])).toBe('stored')
    // A refused change uses up its clock, as it does its number: the device goes on from there.
    expect(await push([ahead, 10, 'nonsense'])).toBe('stored')
    expect(await push([ahead, 11])).toBe('stored')
    await stand(99_998)
    expect(await push([ahead + 1, 0])).toBe('skew')
    expect(await push([ahead, 99_999], [ahead + 1, 0], [ahead + 1, 1])).toBe('stored')
    const [written] = await context.sync.transaction(device.spaceId, (trx) => context.sync.writeServerChanges(trx, device.spaceId, [{ t: 'setting', k: 'a', c: { value: 0 } }]))
    expect(written!.h).toBe(formatClock(ahead + 1, 2, 'server'))
  })

  it('[SY132] the time that devices are told is the wall clock, which never goes back', async () => {
    const { context } = opened
    const device = await addDevice(context)
    await device.push(device.change('setting', 'a', { value: 1 }, now + 60_000))
    const told = async () => (await context.sync.status(device.spaceId, device.deviceId)).now
    const first = now
    expect(await told()).toBe(first)
    now -= day
    expect(await told()).toBe(first)
    now = first + 5
    expect(await told()).toBe(first + 5)
  })

  it('[SY42] the merged rows are what merging the log gives, and the fingerprint is their sum', async () => {
    const { context } = opened
    const a = await addDevice(context)
    const other = await addDevice(context, a.spaceId)
    await a.push(a.change('thread', 'thread_0001', { title: 'A', pinned: 0, created_at: 5 }), a.change('setting', 'Ünicode 🦊', { value: { nested: ['"', null, 1.5] } }))
    await other.push(other.change('thread', 'thread_0001', { title: 'B' }, now + 5), other.change('label', 'thread_0001:work', { on: 1 }))
    await a.push(a.change('message', 'message_01', { status: 'final', parts: [{ type: 'text', text: 'hi' }], usage: null, error: null, thread: 'thread_0001' }))
    await a.push(a.change('message', 'message_02', { deleted: 1 }))
    const merged = new Map<string, { t: string, k: string, entity: Entity }>()
    const page = await a.pull()
    if (page.kind !== 'page') throw new Error('no page')
    for (const change of page.changes) {
      const id = `${change.t}/${change.k}`
      merged.set(id, { t: change.t, k: change.k, entity: mergeChange(merged.get(id)?.entity ?? null, change) })
    }
    const rows = await context.database.selectFrom('entity').selectAll().execute()
    expect(rows).toHaveLength(merged.size)
    for (const row of rows) expect(rowToEntity(row)).toEqual(merged.get(`${row.table}/${row.pk}`)!.entity)

    const fingerprint = await context.sync.fingerprint(a.spaceId)
    expect(fingerprint.head).toBe(page.head)
    for (const [table, { rows: count, sums }] of Object.entries(fingerprint.tables)) {
      const live = [...merged.values()].filter(({ t, entity }) => t === table && entity.columns.deleted !== 1)
      expect(count).toBe(live.length)
      const expected = new Array<number>(sums.length).fill(0)
      for (const { t, k, entity } of live) expected[bucketOfKey(k)] = (expected[bucketOfKey(k)]! + hashEntity(t, k, entity)) % fingerprintModulus
      expect(sums).toEqual(expected)
    }
  })

  it('[SY43] concurrent pushes of many devices each get their own numbers', async () => {
    const { context } = opened
    const owner = await addDevice(context)
    const devices = await Promise.all(Array.from({ length: 8 }, () => addDevice(context, owner.spaceId)))
    const outcomes = await Promise.all(devices.flatMap((device) => {
      const [one, two] = [device.change('thread', 'thread_0001', { title: device.deviceId }), device.change('thread', 'thread_0002', { pinned: 1 })]
      return [device.push(one, two)]
    }))
    const ranges = outcomes.map(({ outcome }) => (outcome.kind === 'stored' ? [outcome.from, outcome.to] : []))
    expect(ranges.flat().sort((x, y) => x - y)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1))
    expect(await owner.pull()).toMatchObject({ head: 16 })
  })

  it('[SY44] keys and clocks sort by their bytes', async () => {
    const { context } = opened
    const device = await addDevice(context)
    for (const key of ['b', 'B', 'a', 'ä', '_', '1']) await device.push(device.change('setting', key, { value: 1 }))
    const rows = await context.database.selectFrom('entity').select('pk').orderBy('pk').execute()
    expect(rows.map((row) => row.pk)).toEqual(['1', 'B', '_', 'a', 'b', 'ä'])
  })

  it('[SY45] what is older than 30 days leaves the log; a cursor below it, or an empty device, starts over', async () => {
    const { context } = opened
    const device = await addDevice(context)
    await device.push(device.change('thread', 'thread_0001', { title: 'old' }), device.change('thread', 'thread_0002', { title: 'old' }))
    now += 31 * day
    await device.push(device.change('thread', 'thread_0003', { title: 'new' }))
    await maintain(context)
    expect(await device.pull(0)).toEqual({ kind: 'reset', seq: 3, schema: 1 })
    expect(await device.pull(1)).toMatchObject({ kind: 'reset' })
    expect(await device.pull(2)).toMatchObject({ kind: 'page', from: 3, to: 3, upto: 3 })
    expect(await device.push(device.change('thread', 'thread_0004', { title: 'goes on' }))).toMatchObject({ outcome: { upto: 4, from: 4, to: 4 } })
  })

  it('[SY46] rows deleted 90 days ago are forgotten, with the messages of their thread, on every device', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const message = { thread: 'thread_0001', status: 'final', parts: [], usage: null, error: null }
    await device.push(device.change('thread', 'thread_0001', { title: 'x' }), device.change('message', 'message_01', message), device.change('thread', 'thread_0002', { title: 'y' }))
    await device.push(device.change('thread', 'thread_0001', { deleted: 1 }))
    const keys = async () => (await context.database.selectFrom('entity').select('pk').orderBy('pk').execute()).map((row) => row.pk)
    now += 89 * day
    await maintain(context)
    expect(await keys()).toEqual(['message_01', 'thread_0001', 'thread_0002'])
    now += 2 * day
    await maintain(context)
    expect(await device.pull(4)).toMatchObject({ changes: [{ t: 'message', k: 'message_01', c: { deleted: 1 }, device: 'server' }] })
    expect(await keys()).toEqual(['message_01', 'thread_0002'])
    now += 91 * day
    await maintain(context)
    expect(await keys()).toEqual(['thread_0002'])
  })

  it('[SY47] a transaction that fails leaves nothing, and the next one goes through', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const failing = context.sync.transaction(device.spaceId, async (trx) => {
      await context.sync.writeServerChanges(trx, device.spaceId, [{ t: 'thread', k: 'thread_0001', c: { title: 'lost' } }])
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    expect(await device.push(device.change('thread', 'thread_0001', { title: 'kept' }))).toMatchObject({ outcome: { from: 1, to: 1 } })
  })

  it('[SY48] of writers that share a commit, one that fails is undone alone', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const write = (key: string, fails = false) => context.sync.transaction(device.spaceId, async (trx) => {
      await context.sync.writeServerChanges(trx, device.spaceId, [{ t: 'thread', k: key, c: { title: key } }])
      if (fails) await trx.selectFrom('entity').select('no_such_column' as never).execute()
    })
    const results = await Promise.allSettled([write('thread_0001'), write('thread_0002', true), write('thread_0003'), write('thread_0004', true), write('thread_0005')])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    const page = await device.pull()
    expect(page.kind === 'page' && page.changes.map(({ seq, n, k }) => [seq, n, k])).toEqual([[1, 1, 'thread_0001'], [2, 2, 'thread_0003'], [3, 3, 'thread_0005']])
  })

  it('[AU70] codes and tokens behave alike: one use, one device id at a time', async () => {
    const { context } = opened
    const device = await addDevice(context)
    const { code } = await context.codes.issue(device.spaceId)
    const redeem = () => context.database.transaction().execute((trx) => context.codes.redeem(trx, code))
    expect([await redeem(), await redeem()]).toEqual([device.spaceId, null])
    const identity = await context.tokens.authenticate(device.token)
    await expect(context.database.transaction().execute((trx) =>
      context.tokens.mint(trx, { spaceId: device.spaceId, deviceId: device.deviceId, deviceName: 'twin' }))).rejects.toThrow('already signed in')
    const renewed = await context.tokens.renew(identity)
    await context.tokens.authenticate(renewed.token)
    await expect(context.tokens.authenticate(device.token)).rejects.toThrow('not known')
    expect(await context.tokens.list(identity)).toMatchObject([{ id: device.tokenId, createdAt: now, lastSeen: now }])
  })
})
