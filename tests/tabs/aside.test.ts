import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { createDevice } from './device'

let server: TestServer
beforeAll(async () => { server = await startServer() })
afterAll(() => server.close())

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
