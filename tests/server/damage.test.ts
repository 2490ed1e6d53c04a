import { copyFile, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLog } from '~/server/log'
import { change } from './changes'
import { claim, request, TestSocket, type Grant } from './client'
import { startServer, type TestServer } from './harness'

let dataDir: string
let server: TestServer | undefined
let grant: Grant
let n = 0
const lines: string[] = []
const log = createLog({ logLevel: 'info' }, { write: (line) => void lines.push(line) })
const start = async (folder = dataDir) => {
  server = await startServer({ dataDir: folder }, { log })
  return server
}
const stop = async () => {
  await server?.close()
  server = undefined
}
const setting = () => change(grant.deviceId, ++n, 'setting', `filler-${n}`, { value: 'word '.repeat(2_000) })
const push = (changes: object[]) => request(server!, 'POST', '/push', { token: grant.token, body: { changes } })
const write = async (count: number) => {
  for (let index = 0; index < count; index++) expect((await push([setting()])).status).toBe(200)
}

beforeEach(async () => {
  lines.length = 0
  n = 0
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-damage-'))
  grant = await claim(await start())
  await write(40)
})
afterEach(async () => {
  await stop()
  await rm(dataDir, { recursive: true, force: true })
})

/** Makes the second half of a file what no page can be, as a disk does that loses its blocks. */
async function damage(path: string): Promise<void> {
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  const from = Math.floor(size / 2 / 4096) * 4096
  await file.write(Buffer.alloc(size - from, 0xff), 0, size - from, from)
  await file.close()
}

test('[ST135] a damaged page that is found late closes the sockets, and every later request answers 503, pushes too', async () => {
  await stop()
  await damage(join(dataDir, 'holdfast.sqlite'))
  const socket = await TestSocket.greet(await start(), grant, { cursor: n, n })
  const damaged = { status: 503, body: { ok: false, error: { code: 'database_damaged', retryable: false } } }
  expect(await request(server!, 'GET', '/pull?cursor=0', { token: grant.token })).toMatchObject(damaged)
  expect(await socket.closed).toEqual({ code: 1011, reason: 'database_damaged' })
  expect(await push([setting()])).toMatchObject(damaged)
  expect(await request(server!, 'POST', '/auth/spsk/mint', { body: { deviceName: 'another' } })).toMatchObject(damaged)
  expect((await fetch(`${server!.url}/healthz`)).status).toBe(503)
  expect(lines.filter((line) => line.includes('is damaged, and nothing is taken into it any more') && line.includes('When the database is damaged'))).toHaveLength(1)
})

test('[ST136] a server that found damage, or was not stopped in order, looks through its file before it serves from it', async () => {
  await stop()
  await damage(join(dataDir, 'holdfast.sqlite'))
  await start()
  await request(server!, 'GET', '/pull?cursor=0', { token: grant.token })
  await stop()
  const refused = /The database .* is damaged .*When the database is damaged/s
  await expect(startServer({ dataDir }, { log })).rejects.toThrow(refused)
  await expect(startServer({ dataDir }, { log })).rejects.toThrow(refused)
})

test('[ST136] what a killed server left is taken up when it is sound, and refused when it is not', async () => {
  await sql`pragma wal_checkpoint(truncate)`.execute(server!.context.database)
  await write(1)
  const left = await mkdtemp(join(tmpdir(), 'holdfast-left-'))
  try {
    const copy = async () => {
      for (const name of ['holdfast.sqlite', 'holdfast.sqlite-wal', 'codes.key']) await copyFile(join(dataDir, name), join(left, name))
    }
    await copy()
    await (await startServer({ dataDir: left }, { log })).close()
    await copy()
    await damage(join(left, 'holdfast.sqlite'))
    await expect(startServer({ dataDir: left }, { log })).rejects.toThrow(/The database .* is damaged/)
  } finally {
    await rm(left, { recursive: true, force: true })
  }
})
