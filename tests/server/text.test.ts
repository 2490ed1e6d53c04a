import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPostgres, hasPostgres, postgresName } from '../runs/postgres'
import { change } from './changes'
import { claim, request, type Grant } from './client'
import { startServer, type TestServer } from './harness'

describe.each([
  { name: 'SQLite', dialect: 'sqlite', skip: false }, { name: postgresName, dialect: 'postgres', skip: !hasPostgres },
])('text that no database takes, on $name', ({ dialect, skip }) => {
  if (skip) return test.skip('is not tested: there is none', () => undefined)
  let database: Awaited<ReturnType<typeof createPostgres>> | null = null
  let server: TestServer
  let grant: Grant
  beforeAll(async () => {
    if (dialect === 'postgres') database = await createPostgres()
    server = await startServer(database ? { databaseUrl: database.url } : {})
    grant = await claim(server)
  })
  afterAll(async () => {
    await server.close()
    await database?.drop()
  })
  const nul = 'a\u0000b'
  const status = async (method: string, path: string, { body, token = grant.token }: { body?: unknown, token?: string | null } = {}) => {
    const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    const answer = await fetch(server.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    await answer.arrayBuffer()
    return answer.status
  }

  test('[AU170] U+0000 in a path, and what is no UTF-8, is 400 before anything is asked', async () => {
    for (const path of [
      '/share/%00', '/share/x%00/version', '/share/%00/download', '/api/share/%00', '/api/share/%00/data', '/t/%00/api/share/x', '/run_thread/%00', '/blob/%00', '/snapshot/%00', '/share/%ff', '/%00',
    ]) expect([path, await status('GET', path)]).toEqual([path, 400])
    for (const path of ['/auth/spsk/%00', '/share-keys/%00', '/api/sessions/%00', '/api/thread-shares/%00', '/run_thread/%00']) {
      expect([path, await status('DELETE', path)]).toEqual([path, 400])
    }
    for (const path of ['/share/%2500', '/api/share/%2500']) expect([path, await status('GET', path)]).toEqual([path, 404])
  })

  test('[AU171] U+0000 in what is sent is stored without it, or is 400, and never a failure of the server', async () => {
    const share = (await request(server, 'POST', '/api/share', { body: { sessionID: 'ses_1' } })).body as { id: string, secret: string }
    const answers = {
      mint: await status('POST', '/auth/spsk/mint', { body: { deviceName: nul } }),
      pairingCode: await status('POST', '/auth/spsk/mint', { token: null, body: { deviceName: 'x', pairingCode: nul } }),
      claimCode: await status('POST', '/auth/spsk/mint', { token: null, body: { deviceName: 'x', claimCode: nul } }),
      rename: await status('PATCH', `/auth/spsk/${grant.tokenId}`, { body: { deviceName: nul } }),
      shareKey: await status('POST', '/share-keys', { body: { name: nul } }),
      threadShare: await status('POST', '/api/thread-shares', { body: { threadId: nul, title: nul } }),
      session: await status('POST', '/api/share', { body: { sessionID: nul } }),
      secret: await status('POST', `/api/share/${share.id}/sync`, { body: { secret: nul, data: [] } }),
      item: await status('POST', `/api/share/${share.id}/sync`, { body: { secret: share.secret, data: [{ type: 'message', data: { id: nul, sessionID: 'ses_1', role: 'user', text: nul } }] } }),
      run: await status('POST', '/run_thread', { body: { threadId: nul, runId: nul, parentMessageId: nul, options: { model: nul, openrouterApiKey: nul } } }),
      push: await status('POST', '/push', { body: { changes: [change(grant.deviceId, 1, 'setting', 'name', { value: nul }), change(grant.deviceId, 2, 'setting', nul, { [nul]: nul })] } }),
      query: await status('GET', '/pull?cursor=%00'),
      fingerprint: await status('GET', '/fingerprint?without=%00'),
      look: await status('GET', `/share/${share.id}/version?x=%00`),
    }
    for (const [what, code] of Object.entries(answers)) expect([what, code < 500 ? 'answered' : code]).toEqual([what, 'answered'])
    expect([answers.push, answers.rename]).toEqual([200, expect.toBeOneOf([200, 400])])
  })
})
