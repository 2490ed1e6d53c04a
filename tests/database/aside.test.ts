import { describe, expect, it } from 'vitest'
import { formatClock } from '~/shared/sync/clock'
import { countAside, isOfData, listAside } from '~/workers/database/aside'
import { exportJson } from '~/workers/database/export'
import { mutate } from '~/workers/database/mutations/all'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { openDatabase } from '~/workers/database/open'
import { listRejected, readOutbox } from '~/workers/database/outbox'
import { listPending } from '~/workers/database/pending-run'
import { returnRows } from '~/workers/database/return-rows'
import { applyPage } from '~/workers/sync/apply-page'
import { fingerprint } from '~/workers/sync/check-replica'
import { createReplica, startOfTime, type Replica } from './replica'

/** Changes of another device as a page from `from` on. */
function page(from: number, changes: { t: string, k: string, c: Record<string, unknown> }[]) {
  const logged = changes.map((change, i) => ({ ...change, n: from + i, h: formatClock(startOfTime, from + i, 'otherdevice.aaaa'), seq: from + i, device: 'otherdevice' }))
  return { from, to: from + changes.length - 1, changes: logged }
}
const cursor = ({ db }: Replica) => db.driver.get<{ value: string }>('select value from meta where name = ?', ['cursor'])?.value
const keys = ({ db }: Replica) => listAside(db.driver).map(({ table, key }) => `${table} ${key}`)

/** Writes into the file past the index, as a bad sector or an earlier build does. */
function plant({ db }: Replica, table: 'message' | 'setting' | 'thread', key: string, column: string, value: string | null): void {
  const triggers = db.driver.all<{ name: string, sql: string }>(`select name, sql from sqlite_schema where type = 'trigger'`)
  for (const { name } of triggers) db.driver.exec(`drop trigger ${name}`)
  db.driver.run(`update ${table} set ${column} = ? where ${table === 'setting' ? 'name' : 'id'} = ?`, [value, key])
  for (const { sql } of triggers) db.driver.exec(sql)
}

describe('what this device cannot read', () => {
  it('[ST110] a change that the file does not take sets its key aside, the page goes on, and later changes wait in order', async () => {
    const replica = await createReplica()
    const thread = { title: 'fine', created_at: 1 }
    expect(applyPage(replica.db, page(1, [
      { t: 'thread', k: 'thread-0001', c: thread }, { t: 'thread', k: 'thread-0002', c: { title: 5 } }, { t: 'message', k: 'message-01', c: { created_at: 1e300 } },
      { t: 'thread', k: 'thread-0003', c: thread },
    ]))).not.toBeNull()
    applyPage(replica.db, page(5, [{ t: 'thread', k: 'thread-0002', c: { title: 'later' } }, { t: 'thread', k: 'thread-0001', c: { title: 'goes on' } }]))
    expect(cursor(replica)).toBe('6')
    expect(replica.db.driver.all('select id, title from thread order by id')).toEqual([{ id: 'thread-0001', title: 'goes on' }, { id: 'thread-0003', title: 'fine' }])
    expect(listAside(replica.db.driver).map(({ key, changes }) => [key, changes.map(({ c }) => c)])).toEqual([
      ['thread-0002', ['{"title":5}', '{"title":"later"}']], ['message-01', ['{"created_at":1e+300}']],
    ])
  })

  it('[ST110] the file\'s own refusal of a row is found key by key', async () => {
    const replica = await createReplica()
    replica.db.driver.exec(`create trigger refused before insert on thread when new.title = 'bad' begin select raise(abort, 'constraint'); end`)
    applyPage(replica.db, page(1, [{ t: 'thread', k: 'thread-0001', c: { title: 'bad' } }, { t: 'thread', k: 'thread-0002', c: { title: 'good' } }]))
    expect(replica.db.driver.all('select id from thread')).toEqual([{ id: 'thread-0002' }])
    expect(keys(replica)).toEqual(['thread thread-0001'])
    replica.db.driver.exec('drop trigger refused')
    expect(returnRows(replica.db.driver)).toBe(1)
    expect(replica.db.driver.all('select title from thread order by id')).toEqual([{ title: 'bad' }, { title: 'good' }])
  })

  it('[ST111] only failures of a row\'s data set it aside: a full disk, a busy or a damaged file stop the page', () => {
    const failure = (resultCode: number, message = '') => Object.assign(new Error(message), { resultCode })
    for (const code of [5, 7, 10, 11, 13, 26, 11 | (1 << 8)]) expect(isOfData(failure(code))).toBe(false)
    for (const code of [18, 19, 20, 25, 19 | (12 << 8)]) expect(isOfData(failure(code))).toBe(true)
    expect([isOfData(failure(1, 'no such table: x')), isOfData(failure(1, 'malformed JSON')), isOfData(new TypeError('bug'))]).toEqual([false, true, false])
  })

  it('[ST111] a full disk, or a statement that is wrong, stops the page where it was and sets nothing aside', async () => {
    const replica = await createReplica()
    const { driver } = replica.db
    const coming = page(1, [{ t: 'thread', k: 'thread-0001', c: { title: 'word '.repeat(20_000) } }])
    const before = cursor(replica)
    driver.exec(`pragma max_page_count=${driver.get<{ page_count: number }>('pragma page_count')!.page_count}`)
    expect(() => applyPage(replica.db, coming)).toThrow(expect.objectContaining({ error: expect.objectContaining({ code: 'storage_full' }) }))
    driver.exec('pragma max_page_count=1000000; alter table thread rename to elsewhere')
    expect(() => applyPage(replica.db, coming)).toThrow(/no such table/)
    driver.exec('alter table elsewhere rename to thread')
    expect([cursor(replica), countAside(driver)]).toEqual([before, 0])
    applyPage(replica.db, coming)
    expect([cursor(replica), countAside(driver)]).toEqual(['1', 0])
  })

  it('[ST119] on a full disk a query leaves out what cannot be read all the same, and a transaction hears of the disk', async () => {
    const replica = await createReplica()
    const { driver } = replica.db
    const { thread, message } = replica.send('needle')
    plant(replica, 'message', message, 'parts', `[{"type":"text","text":"${'x'.repeat(50_000)}`)
    driver.exec(`pragma max_page_count=${driver.get<{ page_count: number }>('pragma page_count')!.page_count}`)
    expect(replica.messagesOf(thread).map(({ id }) => id)).not.toContain(message)
    expect(countAside(driver)).toBe(0)
    expect(() => driver.transaction(() => replica.messagesOf(thread))).toThrow(expect.objectContaining({ error: expect.objectContaining({ code: 'storage_full' }) }))
    driver.exec('pragma max_page_count=1000000')
    replica.messagesOf(thread)
    expect(keys(replica)).toEqual([`message ${message}`])
  })

  it.each([['parts', '[{"type":"text"'], ['usage', 'x'], ['error', '{'], ['hx', '{"title'], ['h', 'yesterday']])(
    '[ST112] a stored message whose %s cannot be read is left out of its thread, search, export, usage and sums, and counted', async (column, value) => {
      const replica = await createReplica()
      const { thread, message, reply } = replica.send('needle in a haystack')
      plant(replica, 'message', message, column, value)
      expect(replica.messagesOf(thread).map(({ id }) => id)).toContain(reply)
      expect(replica.ask('search', { text: 'haystack', limit: 5 }).length).toBeGreaterThan(0)
      expect(replica.ask('usage', { days: 3 })).toEqual([])
      await fingerprint(replica.db, 'message', () => Promise.resolve())
      expect(replica.list()).toHaveLength(1)
      const archive = JSON.parse(new TextDecoder().decode(exportJson(replica.db.driver, 0).bytes)) as { messages: unknown[], aside: { device: { key: string, row: string }[] } }
      expect(archive.aside.device).toMatchObject([{ key: message }])
      expect(JSON.parse(archive.aside.device[0]!.row)).toMatchObject({ [column]: value })
      expect(replica.ask('aside', {})).toMatchObject({ count: 1, keys: [{ table: 'message', key: message }] })
      mutate(replica.db, 'delete-message', { ...replica.stamp(), message: reply, deleted: true })
      expect(replica.messagesOf(thread).find(({ id }) => id === reply)?.deleted).toBe(true)
    })

  it('[ST113] an own write to such a row is kept here and sent all the same', async () => {
    const replica = await createReplica()
    mutate(replica.db, 'set-setting', { ...replica.stamp(), name: 'ui/theme', value: 'dark' })
    plant(replica, 'setting', 'ui/theme', 'value', '{')
    expect(replica.ask('setting', { name: 'ui/theme' })).toEqual({ value: null })
    mutate(replica.db, 'set-setting', { ...replica.stamp(), name: 'ui/theme', value: 'light' })
    expect(replica.ask('settings', { prefix: 'ui/' })).toEqual([])
    expect(replica.outbox().map(({ c }) => c.value)).toEqual(['dark', 'light'])
    expect(listAside(replica.db.driver)[0]?.changes.map(({ c }) => c)).toEqual(['{"value":"light"}'])
    plant(replica, 'setting', 'ui/theme', 'value', '"dark"')
    expect(returnRows(replica.db.driver)).toBe(1)
    expect(replica.ask('setting', { name: 'ui/theme' })).toEqual({ value: 'light' })
  })

  it('[ST114] each key is tried once when another build opens the file, and stays aside if it fails again', async () => {
    const replica = await createReplica()
    applyPage(replica.db, page(1, [{ t: 'thread', k: 'thread-0001', c: { title: 5 } }]))
    const open = async (build: string, image = replica.db.driver.export()) =>
      openDatabase(await createMemoryDriver(image), { deviceId: replica.db.deviceId, now: () => startOfTime, randomBytes: (length) => new Uint8Array(length), build })
    const first = await open('one')
    expect(countAside(first.driver)).toBe(1)
    first.driver.run(`update aside_change set c = '{"title":"readable"}'`)
    expect(countAside((await open('one', first.driver.export())).driver)).toBe(1)
    const next = await open('two', first.driver.export())
    expect([countAside(next.driver), next.driver.all('select title from thread')]).toEqual([0, [{ title: 'readable' }]])
  })

  it('[ST117] a file that was full when this build first opened it is read, exported and written as any other', async () => {
    const former = await createReplica()
    const { thread } = former.send('from the build before')
    former.db.driver.exec('drop table aside; drop table aside_change')
    const driver = await createMemoryDriver(former.db.driver.export())
    driver.exec(`pragma max_page_count=${driver.get<{ page_count: number }>('pragma page_count')!.page_count}`)
    const replica = { ...former, db: openDatabase(driver, { deviceId: former.db.deviceId, now: () => startOfTime, randomBytes: (length) => new Uint8Array(length), build: 'new' }) }
    expect([countAside(driver), listAside(driver), driver.all('select id from thread')]).toEqual([0, [], [{ id: thread }]])
    expect(new TextDecoder().decode(exportJson(driver, 0).bytes)).toContain('from the build before')
    driver.exec('pragma max_page_count=1000000')
    applyPage(replica.db, page(1, [{ t: 'thread', k: 'thread-0001', c: { title: 'fine' } }, { t: 'thread', k: 'thread-0002', c: { title: 5 } }]))
    expect([cursor(replica), keys(replica)]).toEqual(['2', ['thread thread-0002']])
  })

  it('[ST115] what waits to be sent is put together again from its row, and a send that cannot be read stops no other', async () => {
    const replica = await createReplica()
    const [one, two] = [replica.send('one'), replica.send('two')]
    replica.db.driver.run(`update outbox set c = '{"title' where n in (1, 2)`)
    const changes = readOutbox(replica.db.driver, { changes: 100, bytes: 1e6 })
    expect(changes.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6])
    expect(changes[0]!.c).toMatchObject({ title: 'one', pinned: 0 })
    expect(changes[1]!.c).toMatchObject({ role: 'user', parts: [{ type: 'text', text: 'one' }] })
    expect([countAside(replica.db.driver), listRejected(replica.db.driver)]).toEqual([0, []])
    replica.db.driver.run(`update pending_run set options = '{' where run = ?`, [one.run])
    expect(listPending(replica.db.driver).map(({ run }) => run)).toEqual([two.run])
    expect(keys(replica)).toEqual([`pending_run ${one.run}`])
  })
})
