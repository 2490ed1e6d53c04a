import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOpenRouter } from '~/server/openrouter/openrouter'
import { exchangeAnswerSchema, modelsAnswerSchema } from '~/shared/protocol/openrouter'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { goneProvider, key, Lab } from '../runs/support'

let lab: Lab
let now = Date.now()
beforeAll(async () => { lab = await Lab.open() })
afterAll(() => lab.close())

/** What a browser does up to the return page: a code for its challenge. */
async function logIn(authUrl: string, { verifier = randomBytes(32).toString('base64url'), method = 'S256', callback = 'http://localhost:3000/auth/openrouter?n=1' } = {}) {
  const challenge = method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier
  const url = new URL(authUrl)
  url.search = new URLSearchParams({ callback_url: callback, code_challenge: challenge, code_challenge_method: method }).toString()
  const page = await fetch(url, { redirect: 'manual' })
  const button = page.status === 200 ? /action="([^"]+)"/.exec(await page.text())?.[1]?.replaceAll('&#38;', '&') : undefined
  const answer = button ? await fetch(new URL(button, url), { method: 'POST', redirect: 'manual' }) : page
  const location = answer.headers.get('location')
  return { verifier, status: answer.status, location, code: location ? new URL(location).searchParams.get('code') ?? '' : '' }
}

describe('the stand-in for OpenRouter', () => {
  let fake: Awaited<ReturnType<typeof startFakeOpenRouter>>
  beforeAll(async () => { fake = await startFakeOpenRouter({ now: () => now, strict: true }) })
  afterAll(() => fake.close())
  beforeEach(() => fake.reset())

  const exchange = async (body: object) => {
    const answer = await fetch(`${fake.apiUrl}/auth/keys`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    return { status: answer.status, body: await answer.json() as { key?: string, error?: { message: string } } }
  }

  it('[RN190] checks PKCE for real: a code works once, with its verifier, for ten minutes', async () => {
    const { code, verifier, location } = await logIn(fake.authUrl)
    expect(location).toMatch(/^http:\/\/localhost:3000\/auth\/openrouter\?n=1&code=/)
    expect(await exchange({ code, code_verifier: randomBytes(32).toString('base64url'), code_challenge_method: 'S256' })).toMatchObject({ status: 403 })
    expect(await exchange({ code, code_verifier: verifier, code_challenge_method: 'plain' })).toMatchObject({ status: 400 })
    expect(await exchange({ code, code_verifier: verifier, code_challenge_method: 'S256' })).toMatchObject({ status: 200, body: { key: expect.stringMatching(/^sk-or-v1-[0-9a-f]{64}$/) as string } })
    expect(await exchange({ code, code_verifier: verifier, code_challenge_method: 'S256' })).toMatchObject({ status: 403 })
    const late = await logIn(fake.authUrl)
    now += 10 * 60_000 + 1
    expect(await exchange({ code: late.code, code_verifier: late.verifier, code_challenge_method: 'S256' })).toMatchObject({ status: 403, body: { error: { message: 'Authorization code expired' } } })
  })

  it('[RN190] returns to https and localhost only', async () => {
    expect((await logIn(fake.authUrl, { callback: 'http://127.0.0.1:3000/x' })).status).toBe(400)
    expect((await logIn(fake.authUrl, { callback: 'https://chat.example.org/x' })).code).not.toBe('')
  })

  it('[RN191] refuses what OpenRouter refuses, and what it has deprecated', async () => {
    const chat = async (body: object, authorization?: string) => (await fetch(`${fake.apiUrl}/chat/completions`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) }, body: JSON.stringify({ messages: [{ role: 'user', content: 'x' }], ...body }),
    })).status
    expect(await chat({ model: 'fake/echo' })).toBe(401)
    expect(await chat({ model: 'fake/echo', session_id: 'x'.repeat(257) }, `Bearer ${key}`)).toBe(400)
    expect(await chat({ model: 'fake/echo', plugins: [{ id: 'web' }] }, `Bearer ${key}`)).toBe(400)
    expect(fake.violations).toHaveLength(1)
    expect((await fetch(`${fake.apiUrl}/credits`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(403)
    fake.setKey(key, { revoked: true })
    expect(await chat({ model: 'fake/echo' }, `Bearer ${key}`)).toBe(401)
  })
})

const post = (path: string, body: object) => lab.request(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

describe('the server beside OpenRouter', () => {
  it('[RN192] exchanges a login code for a key and hands it on', async () => {
    const { code, verifier } = await logIn(lab.fake.authUrl)
    const answer = await post('/openrouter/exchange', { code, codeVerifier: verifier, codeChallengeMethod: 'S256' })
    expect(exchangeAnswerSchema.parse(await answer.json()).key).toMatch(/^sk-or-v1-/)
    const again = await post('/openrouter/exchange', { code, codeVerifier: verifier, codeChallengeMethod: 'S256' })
    expect(again.status).toBe(400)
    expect(await again.json()).toMatchObject({ error: { code: 'invalid_request', details: { reached: true, providerMessage: 'Invalid code or code_verifier' } } })
  })

  it('[RN193] says whether a failed exchange can have used up the code', async () => {
    const away = await Lab.open({ openrouterApiUrl: await goneProvider() })
    const body = { code: 'c', codeVerifier: 'v'.repeat(43), codeChallengeMethod: 'S256' }
    const answer = await away.request('/openrouter/exchange', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ error: { code: 'provider_unavailable', details: { reached: false } } })
    await away.close()
    const off = await Lab.open({ openrouterExchange: false })
    const refused = await off.request('/openrouter/exchange', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    expect(await refused.json()).toMatchObject({ ok: false, error: { code: 'not_found', details: { reached: false } } })
    await off.close()
  })

  it('[RN194] tells a key its limits, and that it is no good', async () => {
    lab.fake.setKey(key, { limit: 10 })
    expect(await (await post('/openrouter/key', { key })).json()).toMatchObject({ ok: true, limit: 10, remaining: 9.58, usage: 0.42, usageDaily: 0.01, freeTier: false })
    const bad = await post('/openrouter/key', { key: 'not-a-key-at-all' })
    expect(bad.status).toBe(401)
    expect(await bad.json()).toMatchObject({ error: { code: 'key_rejected' } })
    expect((await fetch(`${lab.server.url}/openrouter/key`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key }) })).status).toBe(401)
  })

  it('[RN195] lists the provider\'s models, and the bundled ones when it cannot be reached', async () => {
    const list = modelsAnswerSchema.parse(await (await fetch(`${lab.server.url}/openrouter/models`)).json())
    expect(list).toMatchObject({ source: 'provider', models: expect.arrayContaining([expect.objectContaining({ id: 'fake/reasoning', reasoning: { efforts: ['high', 'medium', 'low'], mandatory: false } })]) as unknown })
    const away = createOpenRouter({ apiUrl: await goneProvider(), publicUrl: null, now: Date.now })
    const bundled = await away.models()
    expect(bundled).toMatchObject({ source: 'snapshot', fetchedAt: Date.UTC(2026, 4, 15) })
    expect(modelsAnswerSchema.parse({ ok: true, ...bundled }).models).toHaveLength(364)
    expect(bundled.models.find((model) => model.id === 'openrouter/auto')).toMatchObject({ promptPrice: null })
  })

  it('[RN196] never calls a provider over plain http beyond this machine', () => {
    expect(() => createOpenRouter({ apiUrl: 'http://example.com/api/v1', publicUrl: null, now: Date.now })).toThrow('https')
  })
})
