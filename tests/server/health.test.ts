import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from './harness'

let server: TestServer
beforeAll(async () => { server = await startServer() })
afterAll(() => server.close())

test('the server says that it runs, without a token', async () => {
  const response = await fetch(`${server.url}/healthz`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ ok: true })
})
