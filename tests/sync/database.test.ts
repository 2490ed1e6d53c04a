import { describe, expect, it } from 'vitest'
import { createDeviceId } from '~/shared/domain/ids'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { readEntities } from '~/workers/database/entities'
import { writeLocal } from '~/workers/database/local-write'
import { openDatabase } from '~/workers/database/open'
import { countOutbox, readOutbox, renumberOutbox } from '~/workers/database/outbox'
import { createRandom } from './random'

async function open(seed = 1, now = () => 1_800_000_000_000) {
  const random = createRandom(seed)
  return openDatabase(await createMemoryDriver(), { deviceId: createDeviceId(random.bytes), now, randomBytes: random.bytes })
}

const message = (text: string) => ({ thread: 'thread-0001', parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text }], usage: null, error: null, run: null, model: null, deleted: 0, created_at: 5 })

describe('local writes', () => {
  it('[ST1] a row and its outbox entry appear together, under one clock', async () => {
    const db = await open()
    db.driver.transaction(() => writeLocal(db, [{ t: 'message', k: 'message-0001', c: message('hello "wörld" \u{1F600}') }]))
    const [change] = readOutbox(db.driver, { changes: 10, bytes: 1e6 })
    const entity = readEntities(db.driver, 'message', ['message-0001']).get('message-0001')
    expect(change).toMatchObject({ n: 1, t: 'message', k: 'message-0001' })
    expect(entity).toEqual({ columns: message('hello "wörld" \u{1F600}'), h: change!.h, hx: {} })
  })

  it('[ST2] a transaction that fails leaves neither row nor outbox entry', async () => {
    const db = await open()
    expect(() => db.driver.transaction(() => {
      writeLocal(db, [{ t: 'thread', k: 'thread-0001', c: { title: 'kept?' } }])
      writeLocal(db, [{ t: 'thread', k: 'thread-0001', c: { nonsense: 1 } }])
    })).toThrow('unknown column')
    expect(countOutbox(db.driver)).toEqual({ outgoing: 0, rejected: 0 })
    expect(readEntities(db.driver, 'thread', ['thread-0001']).size).toBe(0)
  })

  it('[ST3] the full-text index follows titles and message text', async () => {
    const db = await open()
    const found = (text: string) => db.driver.all<{ rowid: number, text: string }>('select rowid, text from search where search match ?', [text]).map((row) => row.text)
    db.driver.transaction(() => writeLocal(db, [
      { t: 'message', k: 'message-0001', c: message('a needle here') }, { t: 'thread', k: 'thread-0001', c: { title: 'Haystack' } },
    ]))
    expect(found('needle')).toEqual(['a needle here'])
    expect(found('haystack')).toEqual(['Haystack'])
    db.driver.transaction(() => writeLocal(db, [{ t: 'thread', k: 'thread-0001', c: { title: 'Barn' } }]))
    expect(found('haystack')).toEqual([])
    expect(found('barn')).toEqual(['Barn'])
    db.driver.exec(`insert into search (search) values ('integrity-check')`)
  })

  it('[ST3] the index stands a row whose text comes after it, and one that goes', async () => {
    const db = await open()
    const write = (c: Record<string, string | number>) => db.driver.transaction(() => writeLocal(db, [{ t: 'thread', k: 'thread-0001', c }]))
    write({ pinned: 1 })
    write({ title: 'Late' })
    expect(db.driver.all('select rowid from search where search match ?', ['late'])).toHaveLength(1)
    db.driver.run('delete from thread')
    expect(db.driver.all('select rowid from search where search match ?', ['late'])).toHaveLength(0)
    db.driver.exec(`insert into search (search) values ('integrity-check')`)
  })

  it('[ST4] U+0000 and lone surrogates never reach a row', async () => {
    const db = await open()
    db.driver.transaction(() => writeLocal(db, [{ t: 'thread', k: 'thread-0001', c: { title: 'a\u0000b\ud800c' } }]))
    expect(readEntities(db.driver, 'thread', ['thread-0001']).get('thread-0001')?.columns.title).toBe('a\ufffdb\ufffdc')
  })

  it('[SY1] clocks rise also when the wall clock goes back, over a restart too', async () => {
    let now = 1_800_000_000_000
    const db = await open(1, () => now)
    const first = db.driver.transaction(() => (writeLocal(db, [{ t: 'thread', k: 'thread-0001', c: { title: 'one' } }]), db.clock()))
    now -= 1_000_000
    const again = openDatabase(await createMemoryDriver(db.driver.export()), { deviceId: db.deviceId, now: () => now, randomBytes: createRandom(2).bytes })
    expect(again.stamp() > first).toBe(true)
    expect(again.writer).not.toBe(db.writer)
  })

  it('[SY19] renumbering keeps the order and leaves no holes', async () => {
    const db = await open()
    db.driver.transaction(() => writeLocal(db, ['a', 'b', 'c'].map((title) => ({ t: 'thread' as const, k: 'thread-0001', c: { title } }))))
    db.driver.transaction(() => renumberOutbox(db.driver, 2))
    expect(readOutbox(db.driver, { changes: 10, bytes: 1e6 }).map(({ n, c }) => [n, c.title])).toEqual([[2, 'a'], [3, 'b'], [4, 'c']])
  })

  it('[ST5] a setting keeps any JSON value as it was', async () => {
    const db = await open()
    for (const value of ['text', 5, 0.5, true, false, null, [1, 'a'], { a: { b: null } }, '', 'null']) {
      db.driver.transaction(() => writeLocal(db, [{ t: 'setting', k: 'theme', c: { value } }]))
      expect(readEntities(db.driver, 'setting', ['theme']).get('theme')?.columns).toEqual({ value })
    }
  })
})
