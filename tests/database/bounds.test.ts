import { expect, test } from 'vitest'
import { boundJson, deepest, isWithinDepth } from '~/shared/domain/bounds'
import type { ThreadId } from '~/shared/domain/ids'
import type { FilePart } from '~/shared/domain/part'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { importArchive } from '~/workers/database/import'
import { readMeta } from '~/workers/database/meta'
import { openDatabase } from '~/workers/database/open'
import { mutations } from '~/workers/api'
import { applyPage } from '~/workers/sync/apply-page'
import { createReplica, startOfTime } from './replica'

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

test('[ST100] what is written too deep on this device is folded before its commit, and can be pushed', async () => {
  const { db, ask, outbox, stamp } = await createReplica()
  const { mutate } = await import('~/workers/database/mutations/all')
  mutate(db, 'set-setting', { ...stamp(), name: 'deep', value: nested(300) as never })
  expect(outbox().at(-1)).toMatchObject({ k: 'deep', c: { value: boundJson(nested(300)) } })
  expect(ask('setting', { name: 'deep' })).toEqual({ value: boundJson(nested(300)) })
})

test('[ST101] a page of an older server is taken in, however deep its values are', async () => {
  const { db, ask } = await createReplica()
  const change = (seq: number, depth: number) => ({ n: seq, t: 'setting', k: `deep-${seq}`, h: `${startOfTime}:00000:server`, c: { value: nested(depth) }, seq, device: 'server' })
  expect(applyPage(db, { from: 1, to: 3, changes: [change(1, 1_000), change(2, 50_000), change(3, 2)] })).not.toBeNull()
  expect(ask('setting', { name: 'deep-3' })).toEqual({ value: [[]] })
  expect(isWithinDepth(ask('setting', { name: 'deep-2' }).value)).toBe(true)
})

test('[ST102] an export with values nested too deep is imported whole', async () => {
  const { db, ask } = await createReplica()
  const archive = JSON.stringify({ format: 'holdfast', version: 1, threads: [], messages: [], settings: [{ name: 'deep', value: 'HERE' }] }).replace('"HERE"', '['.repeat(20_000) + ']'.repeat(20_000))
  await importArchive(db, 'import-1', archive, { pause: () => Promise.resolve(), keepText: () => Promise.reject(new Error('no text is that long')) })
  expect(ask('setting', { name: 'deep' })).toEqual({ value: boundJson(nested(20_000)) })
})

test('[ST103] what an earlier build wrote too deep is folded once, in its row and in what waits to be sent', async () => {
  const { db, time, stamp } = await createReplica()
  const { mutate } = await import('~/workers/database/mutations/all')
  mutate(db, 'set-setting', { ...stamp(), name: 'deep', value: 1 })
  const value = JSON.stringify(nested(400))
  db.driver.run('update setting set value = ?', [value])
  db.driver.run('update outbox set c = ?', [`{"value":${value}}`])
  db.driver.run('delete from meta where name = ?', ['bounded'])
  const again = openDatabase(await createMemoryDriver(db.driver.export()), { deviceId: db.deviceId, now: () => time.now, randomBytes: (length) => new Uint8Array(length) })
  const wanted = JSON.stringify(boundJson(nested(400)))
  expect(again.driver.get('select value from setting')).toEqual({ value: wanted })
  expect(again.driver.get('select c from outbox')).toEqual({ c: `{"value":${wanted}}` })
  expect(isWithinDepth(JSON.parse(wanted), deepest)).toBe(true)
})

test('[ST100] a setting that comes from the page is folded before anything looks into it', async () => {
  const request = mutations['set-setting'].request.parse({ mutation: 'mutation-1', at: 1, name: 'deep', value: nested(100_000) })
  expect(request.value).toEqual(boundJson(nested(100_000)))
})

test('[ST106] an imported reply keeps as files what is longer than a change of a device may be', async () => {
  const kept: string[] = []
  const keepText = (text: string) => Promise.resolve<FilePart>({ type: 'file', sha256: String(kept.push(text)).padStart(64, '0'), name: 'text.txt', mime: 'text/plain', size: text.length })
  const message = (id: string, parts: object[]) =>
    ({ id, thread: 'thread-0001', parent: null, role: 'assistant', status: 'final', parts, model: null, usage: null, error: null, run: null, created_at: 1 })
  const long = { type: 'tool-read', input: 'a', output: { rows: Array.from({ length: 30_000 }, (_, i) => `row ${i}`) } }
  const many = Array.from({ length: 5_000 }, (_, i) => ({ type: 'tool-read', input: `input ${i}`, output: 'x'.repeat(100) }))
  const archive = { format: 'holdfast', version: 1, threads: [], messages: [message('message-01', [{ type: 'text', text: 'said' }, long]), message('message-02', many)] }
  const { db, messagesOf } = await createReplica()
  await importArchive(db, 'import-1', JSON.stringify(archive), { pause: () => Promise.resolve(), keepText })
  const [first, second] = messagesOf('thread-0001' as ThreadId)
  expect(first?.parts).toEqual([{ type: 'text', text: 'said' }, expect.objectContaining({ type: 'file' })])
  expect(JSON.parse(kept[0]!)).toEqual(long)
  expect(second?.parts).toHaveLength(1)
  expect(kept.at(-1)).toContain('input 4999')
})

test('[ST103] a row that the full-text index cannot read stays, and the file opens', async () => {
  const { db, time, send } = await createReplica()
  const { message } = send('geese')
  const [trigger] = db.driver.all<{ sql: string }>('select sql from sqlite_schema where name = ?', ['message_reindexed'])
  db.driver.exec('drop trigger message_reindexed')
  db.driver.run('update message set parts = ? where id = ?', [JSON.stringify(nested(1_500)), message])
  db.driver.exec(trigger!.sql)
  db.driver.run('delete from meta where name = ?', ['bounded'])
  const again = openDatabase(await createMemoryDriver(db.driver.export()), { deviceId: db.deviceId, now: () => time.now, randomBytes: (length) => new Uint8Array(length) })
  expect(readMeta(again.driver, 'bounded')).toBe('1')
  expect(again.driver.get('select length(parts) as length from message where id = ?', [message])).toEqual({ length: 3_000 })
})
