import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
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

test('[AU109] the code of an error is logged, and no code of a person', () => {
  const lines: string[] = []
  const log = createLog({ logLevel: 'trace' }, { write: (line) => lines.push(line) })
  for (const code of ['ENOSPC', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'SQLITE_FULL', '53100', 'storage_full']) {
    log.error({ err: Object.assign(new Error('it failed'), { code }) }, 'failed')
    expect(lines.pop()).toContain(`"code":"${code}"`)
  }
  log.error({ code: 'ABCD-2345', err: Object.assign(new Error('it failed'), { code: 'ABCD2345' }), pair: { code: 'ENOSPC' } }, 'failed')
  expect(lines.pop()).not.toMatch(/ABCD|ENOSPC/)
})

test('[AU110] a client that goes away in the middle of a body or an answer is no error in the log', async () => {
  const lines: string[] = []
  const log = createLog({ logLevel: 'trace' }, { write: (line) => lines.push(line) })
  const server = await startServer({}, { log })
  const { token } = await claim(server)
  const { port } = new URL(server.url)
  const printed: unknown[] = []
  const print = vi.spyOn(console, 'error').mockImplementation((...words) => void printed.push(words))
  onTestFinished(() => print.mockRestore())
  for (const head of ['POST /push', 'PUT /blob/' + '0'.repeat(64), 'POST /nothing', 'POST /api/share', 'GET /snapshot/0']) {
    const socket = connect({ port: Number(port), host: '127.0.0.1' })
    const type = head.startsWith('PUT') ? 'text/plain' : 'application/json'
    socket.write(`${head} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nContent-Length: 1000\r\n\r\n{`)
    await once(socket, 'connect')
    await request(server, 'GET', '/healthz')
    socket.resetAndDestroy()
    await once(socket, 'close')
    await request(server, 'GET', '/healthz')
  }
  await server.close()
  expect(lines.map((line) => JSON.parse(line) as { level: number }).filter(({ level }) => level > 30)).toEqual([])
  expect(printed).toEqual([])
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
