import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { snapshotEndSchema, snapshotHeadSchema, snapshotRowSchema } from '~/shared/protocol/snapshot'
import { replicaApplicationId, replicaMigrations } from '~/shared/sql/replica'
import { databases, openContext, type OpenedContext } from './databases'
import { addDevice } from './device'

describe.each(databases)('the state a device starts over from, on $name', ({ dialect, skip }) => {
  let opened: OpenedContext
  let folder: string
  beforeEach(async () => {
    if (skip) return
    opened = await openContext(dialect)
    folder = await mkdtemp(join(tmpdir(), 'holdfast-image-'))
  })
  afterEach(async () => {
    if (skip) return
    await opened.close()
    await rm(folder, { recursive: true, force: true })
  })
  const it = skip ? test.skip : test

  async function fill() {
    const device = await addDevice(opened.context)
    await device.push(
      device.change('thread', 'thread_0001', { title: 'Ducks and drakes', pinned: 1, created_at: 1_700_000_000_000, model: null }),
      device.change('message', 'message_01', { thread: 'thread_0001', role: 'user', status: 'final', parts: [{ type: 'text', text: 'A question about geese' }], usage: null, error: null }),
      device.change('label', 'thread_0001:work', { thread: 'thread_0001', name: 'work', on: 1 }),
      device.change('setting', 'theme', { value: 'dark' }),
    )
    await device.push(device.change('thread', 'thread_0001', { title: 'Geese and ganders' }))
    return device
  }

  async function image(spaceId: string) {
    const { stream, seq: stands, bytes } = await opened.context.snapshots.image(spaceId)
    const content = await buffer(stream)
    expect(content.length).toBe(bytes)
    const path = join(folder, 'image.sqlite3')
    await writeFile(path, content)
    return { file: new BetterSqlite3(path, { readonly: true }), stands }
  }

  it('[SY50] the image is a replica\'s own file: rows, clocks, full-text index, epoch and cursor', async () => {
    const device = await fill()
    const { file } = await image(device.spaceId)
    expect(file.pragma('application_id', { simple: true })).toBe(replicaApplicationId)
    expect(file.pragma('user_version', { simple: true })).toBe(replicaMigrations.length)
    expect(file.pragma('quick_check', { simple: true })).toBe('ok')
    expect(file.prepare('select id, title, pinned, created_at, model from thread').get())
      .toEqual({ id: 'thread_0001', title: 'Geese and ganders', pinned: 1, created_at: 1_700_000_000_000, model: null })
    expect(file.prepare('select id, parts, usage from message').get()).toEqual({ id: 'message_01', parts: '[{"type":"text","text":"A question about geese"}]', usage: null })
    expect(file.prepare('select value from setting').pluck().get()).toBe('"dark"')
    expect(file.prepare('select "on" from label').pluck().get()).toBe(1)
    expect(file.prepare('select count(*) from search(\'geese\')').pluck().get()).toBe(2)
    const row = await opened.context.database.selectFrom('entity').selectAll().where('pk', '=', 'thread_0001').executeTakeFirstOrThrow()
    expect(file.prepare('select h, hx from thread').get()).toEqual({ h: row.h, hx: row.hx })
    const { epoch } = await opened.context.sync.status(device.spaceId, device.deviceId)
    expect(file.prepare('select name, value from meta order by name').all()).toEqual([{ name: 'cursor', value: '5' }, { name: 'epoch', value: epoch }])
    file.close()
  })

  it('[SY51] an image is shared until its tail grows long; the tail leads on from where it stands', async () => {
    const device = await fill()
    const { image: load, prepare } = opened.context.snapshots
    await prepare(device.spaceId)
    const [a, b] = await Promise.all([load(device.spaceId), load(device.spaceId)])
    expect([a.seq, b.seq]).toEqual([5, 5])
    await Promise.all([buffer(a.stream), buffer(b.stream)])
    await device.push(device.change('setting', 'theme', { value: 'light' }))
    const again = await image(device.spaceId)
    expect(again.stands).toBe(5)
    again.file.close()
    expect(await device.pull(again.stands)).toMatchObject({ from: 6, to: 6, changes: [{ c: { value: 'light' } }] })
    for (let batch = 0; batch < 4; batch++) await device.push(...Array.from({ length: 500 }, (_, i) => device.change('setting', `setting ${batch} ${i}`, { value: i })))
    const fresh = await image(device.spaceId)
    expect(fresh.stands).toBe(2_006)
    expect(fresh.file.prepare('select count(*) from setting').pluck().get()).toBe(2_001)
    fresh.file.close()
  })

  it('[SY52] as rows it has a head, every row, and an end that counts them', async () => {
    const device = await fill()
    const { stream } = await opened.context.snapshots.rows(device.spaceId)
    const lines = (await text(stream)).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
    const [head, rows, end] = [snapshotHeadSchema.parse(lines[0]), lines.slice(1, -1).map((line) => snapshotRowSchema.parse(line)), snapshotEndSchema.parse(lines.at(-1))]
    expect(head).toMatchObject({ seq: 5, rows: 4 })
    expect(rows.map((row) => row.k)).toEqual(['thread_0001', 'message_01', 'thread_0001:work', 'theme'])
    expect(end.rows).toBe(4)
  })

  it('[SY53] images of two spaces hold nothing of each other', async () => {
    await fill()
    const other = await addDevice(opened.context)
    const { file } = await image(other.spaceId)
    expect(file.prepare('select count(*) from thread').pluck().get()).toBe(0)
    file.close()
  })
})
