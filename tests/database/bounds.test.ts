import { expect, test } from 'vitest'
import { boundJson, deepest, isWithinDepth } from '~/shared/domain/bounds'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { importArchive } from '~/workers/database/import'
import { openDatabase } from '~/workers/database/open'
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
