import { afterEach, beforeEach, expect, it } from 'vitest'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { startServer, type TestServer } from '../server/harness'
import { createDevice, type TestDevice } from './device'
import { until } from './time'

let fake: Awaited<ReturnType<typeof startFakeOpenRouter>>
let server: TestServer
let device: TestDevice

beforeEach(async () => {
  fake = await startFakeOpenRouter({ pace: 'instant' })
  server = await startServer({ openrouterApiUrl: fake.apiUrl, openrouterAuthUrl: fake.authUrl })
  device = await createDevice(server.url, { blocksSockets: true })
})
afterEach(async () => {
  await device.close()
  await server.close()
  await fake.close()
})

it('[RN43] where sockets are blocked a send goes out and its reply streams by HTTP, also after the stream broke', async () => {
  await device.saveKey()
  await device.synced()
  const sent = await device.send('one two three four five six', { model: 'fake/echo?pauseAt=3' })
  await until(() => device.streamed(sent.run).text.startsWith('one two'))
  server.dropConnections()
  fake.release({ steps: 2 })
  await until(() => device.streamed(sent.run).text.includes('four'))
  expect(device.heard('run-ended')).toEqual([])
  fake.release()
  expect(await device.ended(sent)).toMatchObject({ status: 'final', text: 'one two three four five six' })
  expect(fake.calls()).toHaveLength(1)
})
