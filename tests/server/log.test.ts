import { expect, test } from 'vitest'
import { createLog } from '~/server/log'
import { claim, request, TestSocket } from './client'
import { titleChange } from './changes'
import { startServer } from './harness'

test('[AU60] no token, code or header reaches the log, whatever is logged', () => {
  const lines: string[] = []
  const log = createLog({ logLevel: 'trace' }, { write: (line) => lines.push(line) })
  const secret = 'mark-of-a-secret'
  log.info({ token: secret, nested: { openrouterApiKey: secret, headers: { 'sec-websocket-protocol': secret } }, headers: { authorization: secret } }, 'logged')
  expect(lines.join('')).toContain('logged')
  expect(lines.join('')).not.toContain(secret)
})

test('[AU61] a server at its most talkative logs no token and no code', async () => {
  const lines: string[] = []
  const server = await startServer({}, { log: createLog({ logLevel: 'trace' }, { write: (line) => lines.push(line) }) })
  const first = await claim(server)
  const { body } = await request(server, 'POST', '/auth/spsk/pair', { token: first.token })
  const { body: renewed } = await request(server, 'POST', '/auth/spsk/renew', { token: first.token })
  const socket = await TestSocket.greet(server, first)
  await server.context.database.schema.dropTable('device').execute()
  socket.send({ type: 'push', rq: 1, changes: [titleChange(first.deviceId, 1, 'a private title')] })
  await socket.nextOf('error')
  await request(server, 'GET', '/pull', { token: first.token })
  await server.close()
  const text = lines.join('')
  expect(text).toContain('a frame failed')
  for (const secret of [first.token, (body as { code: string }).code, (renewed as { token: string }).token, 'a private title', 'holdfast.v1']) expect(text).not.toContain(secret)
})
