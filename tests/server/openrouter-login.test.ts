import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toChallenge } from '~/composables/openrouterAttempt'
import { ok } from '~/shared/result'
import { exchangeCode, readOpenRouterConfig, type Ask } from '~/stores/openrouter-exchange'
import { startFakeOpenRouter, type FakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { startServer, type TestServer } from './harness'

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
let provider: FakeOpenRouter
let server: TestServer
let token: string

/** Asks the running server as the worker does. */
const ask: Ask = async ({ method, path, body }) => {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return ok({ status: response.status, body: await response.json() })
}

async function start(overrides: Parameters<typeof startServer>[0] = {}): Promise<void> {
  server = await startServer({ openrouterApiUrl: provider.apiUrl, openrouterAuthUrl: provider.authUrl, ...overrides })
  const minted = await fetch(`${server.url}/auth/spsk/mint`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ deviceName: 'A' }) })
  token = (await minted.json()).token
}

/** Goes to the provider's page as the browser does, and brings back the code. */
async function obtainCode(): Promise<string> {
  const address = new URL(provider.authUrl)
  address.searchParams.set('callback_url', 'http://localhost:3000/auth/openrouter?attempt=n')
  address.searchParams.set('code_challenge', await toChallenge(verifier))
  address.searchParams.set('code_challenge_method', 'S256')
  const response = await fetch(address, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
}
const exchanges = () => provider.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/auth/keys')).length

beforeEach(async () => {
  provider = await startFakeOpenRouter({ strict: true, autoApprove: true })
})
afterEach(async () => {
  await server.close()
  await provider.close()
})

describe('the second step of the login', () => {
  test('[AU84] the server tells where to log in, to anyone who asks', async () => {
    await start()
    token = ''
    expect(await readOpenRouterConfig(ask)).toMatchObject({ ok: true, value: { authUrl: provider.authUrl, apiUrl: provider.apiUrl, exchange: true } })
  })

  test('[AU85] code and verifier become a key through the server, in one call of the provider', async () => {
    await start()
    expect(await exchangeCode(ask, await obtainCode(), verifier)).toMatchObject({ ok: true, value: expect.stringMatching(/^sk-or-/) })
    expect(exchanges()).toBe(1)
  })

  test('[AU85] with the exchange off the browser asks the provider itself', async () => {
    await start({ openrouterExchange: false })
    expect(await exchangeCode(ask, await obtainCode(), verifier)).toMatchObject({ ok: true, value: expect.stringMatching(/^sk-or-/) })
    expect(exchanges()).toBe(1)
  })

  test('[AU85] a device that the server does not know asks the provider itself: the code was not used', async () => {
    await start()
    token = ''
    expect(await exchangeCode(ask, await obtainCode(), verifier)).toMatchObject({ ok: true, value: expect.stringMatching(/^sk-or-/) })
    expect(exchanges()).toBe(1)
  })

  test('[AU86] a code that the provider refused is not tried a second time', async () => {
    await start()
    const code = await obtainCode()
    expect(await exchangeCode(ask, code, 'x'.repeat(43))).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
    expect(exchanges()).toBe(1)
  })

  test('[AU86] when nobody knows whether the server was reached, the code is left alone', async () => {
    await start()
    const code = await obtainCode()
    const lost: Ask = (request) => (request.method === 'GET' ? ask(request) : Promise.resolve({ ok: false, error: { code: 'internal', message: 'the server cannot be reached', retryable: true, details: { network: true } } }))
    expect(await exchangeCode(lost, code, verifier)).toMatchObject({ ok: false, error: { code: 'internal' } })
    expect(exchanges()).toBe(0)
  })
})
