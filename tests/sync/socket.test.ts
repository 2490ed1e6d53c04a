import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket as NodeWebSocket } from 'ws'
import { createDeviceId } from '~/shared/domain/ids'
import { ok } from '~/shared/result'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { writeLocal } from '~/workers/database/local-write'
import { openDatabase } from '~/workers/database/open'
import { createSyncClient } from '~/workers/sync/client'
import type { SyncSnapshot } from '~/workers/sync/ports'
import { openSyncSocket } from '~/workers/sync/socket'
import { startServer, type TestServer } from '../server/harness'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

const newBytes = (length: number) => new Uint8Array(randomBytes(length))

/** The app's own socket against the server's own route, on a real port and in real time. */
async function join(server: TestServer) {
  const { context, url } = server
  const deviceId = createDeviceId(newBytes)
  const { token, tokenId, spaceId } = await context.database.transaction().execute(async (trx) =>
    context.tokens.mint(trx, { spaceId: await context.spaces.first(trx) ?? await context.spaces.create(trx), deviceName: 'test', deviceId }))
  const db = openDatabase(await createMemoryDriver(), { deviceId, now: Date.now, randomBytes: newBytes })
  const waiting: { reached: (state: SyncSnapshot) => boolean, resolve: () => void }[] = []
  const client = createSyncClient({
    db, now: Date.now,
    identity: { token: () => token, saveToken: () => {}, renewToken: async () => ok(undefined), onChange: () => () => {} },
    openSocket: openSyncSocket(`${url.replace('http', 'ws')}/sync`, { WebSocket: NodeWebSocket as unknown as typeof WebSocket }),
    fetch: (path, init) => fetch(url + path, init),
    schedule(work, ms) {
      const timer = setTimeout(work, ms)
      return () => clearTimeout(timer)
    },
    events: { onState: (state) => waiting.filter(({ reached }) => reached(state)).forEach(({ resolve }) => resolve()) },
  })
  client.start()
  endings.push(() => client.stop())
  return {
    db, client, tokenId, spaceId,
    until: (reached: (state: SyncSnapshot) => boolean) => (reached(client.state()) ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ reached, resolve }))),
    rename(title: string) {
      db.committed(db.driver.transaction(() => writeLocal(db, [{ t: 'thread', k: 'thread-0001', c: { title } }])))
    },
    /** Resolves once the thread has this title here. */
    untilTitle: (title: string) => new Promise<void>((resolve) => {
      const look = () => db.driver.get('select 1 as found from thread where title = ?', [title]) && resolve()
      db.onCommit(look)
      look()
    }),
  }
}

async function start(dataDir?: string) {
  const server = await startServer(dataDir ? { dataDir } : {})
  endings.push(() => server.close().catch(() => {}))
  return server
}

describe('the socket of the app', () => {
  it('[SY17] carries what one device writes to another, at once', async () => {
    const server = await start()
    const [a, b] = [await join(server), await join(server)]
    await Promise.all([a.until(({ state }) => state === 'synced'), b.until(({ state }) => state === 'synced')])
    a.rename('over a real socket')
    await b.untilTitle('over a real socket')
    expect(b.client.state().state).toBe('synced')
  })

  it('[SY17] is opened anew when it breaks, and goes on from where it was', async () => {
    const server = await start()
    const device = await join(server)
    await device.until(({ state }) => state === 'synced')
    server.context.hub.closeAll(1012, 'restart')
    device.rename('written in between')
    await device.until(({ state, outgoing }) => state === 'synced' && outgoing === 0)
    const { titles } = await server.context.database.selectFrom('entity').select('columns as titles').executeTakeFirstOrThrow()
    expect(JSON.parse(titles)).toEqual({ title: 'written in between' })
  })

  it('[SY16] stays closed after a revoke', async () => {
    const server = await start()
    const device = await join(server)
    await device.until(({ state }) => state === 'synced')
    await server.context.tokens.revoke({ spaceId: device.spaceId, deviceId: device.db.deviceId, tokenId: device.tokenId, expiresAt: 0 }, device.tokenId)
    await device.until(({ state }) => state === 'signed-out')
    expect(device.client.state().error?.code).toBe('token_revoked')
    expect([...server.context.hub.listeners(device.spaceId)]).toEqual([])
  })
})

it('[SY140] a full server is told in the state, what waits goes out once there is room, and the state says so no more', async () => {
  const server = await startServer({ spaceMaxBytes: 300_000 })
  endings.push(() => server.close().catch(() => {}))
  const device = await join(server)
  const write = (name: string) => device.db.committed(device.db.driver.transaction(() => writeLocal(device.db, [{ t: 'setting', k: name, c: { value: 'word '.repeat(16_000) } }])))
  write('one')
  await device.until(({ state, outgoing }) => state === 'synced' && outgoing === 0)
  write('two')
  await device.until(({ state, outgoing }) => state === 'synced' && outgoing === 0)
  write('three')
  await device.until(({ error }) => error?.code === 'storage_full')
  expect(device.client.state()).toMatchObject({ outgoing: 1, rejected: 0, error: { code: 'storage_full' } })

  await server.context.database.deleteFrom('change').where('seq', '=', 1).execute()
  server.context.sync.shrunk(device.spaceId)
  await device.until(({ error, outgoing }) => error === null && outgoing === 0)
})
