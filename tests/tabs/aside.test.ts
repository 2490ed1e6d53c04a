import { afterEach, beforeEach, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { createDevice } from './device'

let server: TestServer
beforeEach(async () => { server = await startServer() })
afterEach(() => server.close())

test('[ST118] Try again takes what this device cannot read from the server, and tells how much came back', async () => {
  const device = await createDevice(server.url)
  await device.call('set-setting', { ...device.stamp(), name: 'ui/theme', value: 'dark' })
  await device.synced()
  device.driver().run('update setting set value = ?', ['{'])
  await device.see('setting', { name: 'ui/theme' }, ({ value }) => value === null)
  await device.see('aside', {}, ({ count }) => count === 1)
  expect(await device.call('server-aside', { retry: true })).toEqual({ returned: 1, server: { count: 0, keys: [] } })
  await device.see('setting', { name: 'ui/theme' }, ({ value }) => value === 'dark')
  expect(await device.call('server-aside', { retry: true })).toMatchObject({ returned: 0 })
  await device.close()
})

test('[SY127] an export has everything that the server keeps aside, however many pages that takes', async () => {
  const device = await createDevice(server.url)
  await device.call('set-setting', { ...device.stamp(), name: 'ui/theme', value: 'dark' })
  await device.synced()
  const { database, sync } = server.context
  const { space } = await database.selectFrom('entity').select('space').orderBy('seq', 'desc').executeTakeFirstOrThrow()
  await sync.setAside(space, [{ table: 'setting', pk: 'ui/theme', reason: 'planted' }])
  const ofKey = { space, table: 'setting', pk: 'ui/theme', device: 'other', merged: 0, h: '' }
  const texts = [1, 2, 3, 4].map((n) => `${n}${'x'.repeat(600_000)}`)
  await database.insertInto('aside_change').values(texts.map((columns, i) => ({ ...ofKey, seq: 100 + i, n: i + 1, columns }))).execute()
  const { bytes } = await device.call('export', { format: 'json' })
  const { aside } = JSON.parse(new TextDecoder().decode(bytes)) as { aside: { server: { k: string, row: string, changes: { c: string }[] }[] } }
  expect(aside.server).toMatchObject([{ k: 'ui/theme', row: expect.stringContaining('dark') as string, changes: { length: 5 } }])
  expect(aside.server[0]!.changes.slice(1).map(({ c }) => c)).toEqual(texts)
  await device.close()
})
