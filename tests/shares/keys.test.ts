import { afterAll, beforeAll, expect, test } from 'vitest'
import { addSpace, claim, type Grant } from '../server/client'
import { startServer, type TestServer } from '../server/harness'
import { request, session, shareClient } from './client'

interface MintedKey { id: string, key: string, baseUrl: string }

let server: TestServer
let owner: Grant
let stranger: Grant
const logged: string[] = []
beforeAll(async () => {
  server = await startServer({ shareAnonymous: 'off' })
  owner = await claim(server)
  stranger = await addSpace(server)
})
afterAll(() => server.close())

const bearer = (grant: Grant) => ({ authorization: `Bearer ${grant.token}` })
const mint = async (grant = owner, name = 'laptop') => (await request(`${server.url}/share-keys`, 'POST', { name }, bearer(grant))).body as MintedKey
const sessions = async (grant = owner, query = '') => (await request(`${server.url}/api/sessions${query}`, 'GET', undefined, bearer(grant))).body as { sessions: { id: string, title: string, keyName: string }[], next: string | null }

test('[SH11] an agent with a share key as its base URL publishes for the key\'s space', async () => {
  const key = await mint()
  expect(key.baseUrl).toBe(`${server.url}/t/${key.key}`)
  const client = shareClient(key.baseUrl)
  const share = await client.create('ses_keyed')
  expect(share.url).toBe(`${server.url}/share/${share.id}`)
  expect((await client.sync(share.id, share.secret, [session('By key')])).status).toBe(200)
  expect((await shareClient(server.url).data(share.id)).body).toEqual([session('By key')])
  expect((await sessions()).sessions[0]).toMatchObject({ id: share.id, title: 'By key', keyName: 'laptop', kind: 'session', syncs: 1 })
  expect((await sessions(stranger)).sessions).toEqual([])
})

test('[SH11] doubled slashes after the key and within the path are one', async () => {
  const { baseUrl } = await mint()
  const share = await shareClient(`${baseUrl}/`).create('ses_slash')
  expect(share.id).toMatch(/^[\w-]{22}$/)
  expect((await request(`${baseUrl}//api//share//${share.id}//sync`, 'POST', { secret: share.secret, data: [session('Slashed')] })).status).toBe(200)
  expect((await request(`${baseUrl}/other/api/share`, 'POST', { sessionID: 'ses' })).status).toBe(404)
  expect(await request(`${baseUrl}/api/other`, 'POST', {})).toMatchObject({ status: 404, body: { ok: false, error: { code: 'not_found' } } })
})

test('[SH12] a key that is unknown, revoked or a device\'s token creates nothing', async () => {
  const { id, baseUrl } = await mint()
  const client = shareClient(baseUrl)
  const share = await client.create('ses_revoked')
  expect((await request(`${server.url}/share-keys/${id}`, 'DELETE', undefined, bearer(stranger))).status).toBe(404)
  expect((await request(`${server.url}/share-keys/${id}`, 'DELETE', undefined, bearer(owner))).status).toBe(200)
  for (const base of [baseUrl, `${server.url}/t/hfk_${'A'.repeat(43)}`, `${server.url}/t/${owner.token}`]) {
    expect((await request(`${base}/api/share`, 'POST', { sessionID: 'ses' })).status).toBe(403)
  }
  expect((await client.sync(share.id, share.secret, [session('Late')])).status).toBe(403)
  // What is out can still be taken back by the agent that put it there.
  expect((await client.remove(share.id, share.secret)).status).toBe(200)
})

test('[SH12] a key is no device: it opens none of the app\'s routes', async () => {
  const { key } = await mint()
  for (const path of ['/api/sessions', '/share-keys', '/auth/spsk', '/pull?cursor=0&limit=1']) {
    expect((await request(server.url + path, 'GET', undefined, { authorization: `Bearer ${key}` })).status).toBe(401)
  }
})

test('[SH36] the list of keys shows none of them, and the store holds hashes', async () => {
  const { key, id } = await mint(owner, 'shown once')
  const list = await request(`${server.url}/share-keys`, 'GET', undefined, bearer(owner))
  expect(list.body).toMatchObject({ ok: true, keys: expect.arrayContaining([expect.objectContaining({ id, name: 'shown once', shares: 0 })]) })
  expect(list.text).not.toContain(key)
  const stored = await server.context.database.selectFrom('share_key').selectAll().execute()
  expect(JSON.stringify(stored)).not.toContain(key)
})

test('[SH13] the same key sharing the same session again gets the same page with a new secret', async () => {
  const client = shareClient((await mint()).baseUrl)
  const before = await client.create('ses_again')
  const after = await client.create('ses_again')
  expect(after.id).toBe(before.id)
  expect((await client.sync(before.id, before.secret, [])).status).toBe(403)
  expect((await client.sync(after.id, after.secret, [session('Again')])).status).toBe(200)
  expect((await shareClient((await mint()).baseUrl).create('ses_again')).id).not.toBe(before.id)
})

test('[SH14] the owner takes a share down without its secret, nobody else does', async () => {
  const client = shareClient((await mint()).baseUrl)
  const [one, two] = [await client.create('ses_1'), await client.create('ses_2')]
  expect((await request(`${server.url}/api/sessions/${one.id}`, 'DELETE', undefined, bearer(stranger))).status).toBe(404)
  expect((await request(`${server.url}/api/share/${two.id}`, 'DELETE', undefined, bearer(stranger))).status).toBe(404)
  expect((await client.data(one.id)).status).toBe(200)
  expect((await request(`${server.url}/api/sessions/${one.id}`, 'DELETE', undefined, bearer(owner))).status).toBe(200)
  expect((await request(`${server.url}/api/share/${two.id}`, 'DELETE', undefined, bearer(owner))).status).toBe(200)
  for (const { id } of [one, two]) expect((await client.data(id)).status).toBe(404)
})

test('[SH33] the list is paged, newest first, each share once', async () => {
  const client = shareClient((await mint(stranger)).baseUrl)
  const made: string[] = []
  for (let index = 0; index < 5; index++) made.push((await client.create(`ses_page_${index}`)).id)
  const listed: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const page: Awaited<ReturnType<typeof sessions>> = await sessions(stranger, `?limit=2${next ? `&cursor=${encodeURIComponent(next)}` : ''}`)
    expect(page.sessions.length).toBeLessThanOrEqual(2)
    listed.push(...page.sessions.map(({ id }) => id))
    next = page.next
  }
  expect(listed).toHaveLength(5)
  expect(new Set(listed)).toEqual(new Set(made))
  expect((await request(`${server.url}/api/sessions`)).status).toBe(401)
})

test('[SH15] what was done to shares and keys is recorded, with who did it and without secrets', async () => {
  const key = await mint(owner, 'audited')
  const client = shareClient(key.baseUrl)
  const share = await client.create('ses_audit')
  await client.sync(share.id, 'a wrong secret', [])
  await client.remove(share.id, share.secret)
  await request(`${server.url}/share-keys/${key.id}`, 'DELETE', undefined, bearer(owner))
  const answer = await request(`${server.url}/share-audit?limit=5`, 'GET', undefined, bearer(owner))
  const entries = (answer.body as { entries: { event: string, subject: string, actor: string }[] }).entries.map(({ event, subject, actor }) => [event, subject, actor])
  expect(entries).toEqual([
    ['key-revoked', key.id, `device:${owner.deviceId}`],
    ['share-deleted', share.id, 'secret'],
    ['secret-refused', share.id, 'anonymous'],
    ['share-created', share.id, `key:${key.id}`],
    ['key-minted', key.id, `device:${owner.deviceId}`],
  ])
  for (const secret of [key.key, share.secret, 'a wrong secret']) expect(answer.text).not.toContain(secret)
  expect((await request(`${server.url}/share-audit`, 'GET', undefined, bearer(stranger))).text).not.toContain(share.id)
})

test('[SH36] neither a share key nor a secret is ever logged', async () => {
  const { createLog } = await import('~/server/log')
  const other = await startServer({ logLevel: 'trace' }, { log: createLog({ logLevel: 'trace' }, { write: (line) => logged.push(line) }) })
  const grant = await claim(other)
  const { key } = (await request(`${other.url}/share-keys`, 'POST', { name: 'k' }, bearer(grant))).body as MintedKey
  const client = shareClient(`${other.url}/t/${key}`)
  const share = await client.create()
  await client.sync(share.id, 'wrong', [])
  await client.remove(share.id, share.secret)
  await other.close()
  for (const secret of [key, share.secret]) expect(logged.join('')).not.toContain(secret)
})
