import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from '~/server/sql/folder-lock'
import { startPairCommand } from '~/server/tokens/pair-command'
import { titleChange } from './changes'
import { claim, request } from './client'
import { startServer, type TestServer } from './harness'

let dataDir: string
let server: TestServer | undefined
let now = Date.now()
const start = async () => {
  server = await startServer({ dataDir }, { now: () => now })
  return server
}
const stop = async () => {
  await server?.close()
  server = undefined
}
beforeEach(async () => {
  now = Date.now()
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-restart-'))
})
afterEach(async () => {
  await stop()
  await rm(dataDir, { recursive: true, force: true })
})

test('[ST80] tokens, log and positions survive a restart', async () => {
  const first = await claim(await start())
  await request(server!, 'POST', '/push', { token: first.token, body: { changes: [titleChange(first.deviceId, 1, 'kept', { at: now })] } })
  await stop()
  const { body } = await request(await start(), 'GET', '/pull?cursor=0', { token: first.token })
  expect(body).toMatchObject({ ok: true, head: 1, upto: 1, changes: [{ c: { title: 'kept' }, seq: 1 }] })
})

test('[SY41] what the server writes has a clock above every stored one, also over a restart and with a clock put back', async () => {
  const first = await claim(await start())
  const ahead = now + 50_000
  await request(server!, 'POST', '/push', { token: first.token, body: { changes: [titleChange(first.deviceId, 1, 'x', { at: ahead })] } })
  await stop()
  now -= 60 * 60 * 1000
  const { sync } = (await start()).context
  const [written] = await sync.transaction(first.spaceId, (trx) => sync.writeServerChanges(trx, first.spaceId, [{ t: 'thread', k: 'thread_0001', c: { pinned: 1 } }]))
  expect(written!.h > titleChange(first.deviceId, 1, 'x', { at: ahead }).h).toBe(true)
})

test('[ST81] a second process on the data folder is refused, and the folder is free again when the first has died', async () => {
  const script = `const D = require(${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))});
    const file = new D(${JSON.stringify(join(dataDir, 'holdfast.lock'))}); file.exec('begin exclusive'); process.stdout.write('held'); setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  expect(() => lockFolder(dataDir)).toThrow('Another Holdfast is running')
  await expect(startServer({ dataDir })).rejects.toThrow('Another Holdfast is running')
  other.kill('SIGKILL')
  await once(other, 'exit')
  lockFolder(dataDir)()
})

test('[ST82] one process does not open its data folder twice', async () => {
  await start()
  await expect(startServer({ dataDir })).rejects.toThrow('Another Holdfast is running')
})

test('[AU50] npm run pair asks the running server by a file that only its owner reads', async () => {
  const { context } = await start()
  const command = await startPairCommand(context)
  const file = join(dataDir, 'pair.json')
  const { port, secret } = JSON.parse(await readFile(file, 'utf8')) as { port: number, secret: string }
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const ask = (authorization?: string) => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: authorization ? { authorization } : {} })
  expect((await ask()).status).toBe(403)
  expect((await ask('Bearer wrong')).status).toBe(403)
  expect(await (await ask(`Bearer ${secret}`)).json()).toMatchObject({ ok: true, kind: 'claim', code: context.codes.claimCode() })
  const { spaceId } = await claim(server!)
  const { code, kind } = await (await ask(`Bearer ${secret}`)).json() as { code: string, kind: string }
  expect(kind).toBe('pairing')
  const paired = await request(server!, 'POST', '/auth/spsk/mint', { body: { deviceName: 'phone', pairingCode: code } })
  expect(paired.body).toMatchObject({ ok: true, spaceId })
  await command.close()
  await expect(stat(file)).rejects.toThrow()
})

test('[AU51] npm run pair works where sign-up is closed and nobody has claimed', async () => {
  server = await startServer({ dataDir, signup: 'closed' })
  const command = await startPairCommand(server.context)
  const { port, secret } = JSON.parse(await readFile(join(dataDir, 'pair.json'), 'utf8')) as { port: number, secret: string }
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { authorization: `Bearer ${secret}` } })
  const { code } = await answer.json() as { code: string }
  await command.close()
  expect((await request(server, 'POST', '/auth/spsk/mint', { body: { deviceName: 'first', pairingCode: code } })).status).toBe(200)
})
