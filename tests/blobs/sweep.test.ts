import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createBlobs } from '~/server/blobs/blobs'
import { createFilesystemStore } from '~/server/blobs/filesystem-store'
import { unreferencedMs } from '~/server/blobs/sweep'
import type { Config } from '~/server/config'
import type { JsonValue } from '~/shared/domain/text'
import { startServer, type TestServer } from '../server/harness'
import { png } from './samples'
import { openSpace, readTraces } from './space'
import { sha256 } from './store-contract'

const day = 24 * 60 * 60 * 1000
const postgres = process.env.HOLDFAST_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'

async function createDatabase(): Promise<string> {
  const name = `holdfast_blobs_${randomUUID().replaceAll('-', '')}`
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: postgres })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  await run(`create database ${name}`)
  onTestFinished(() => run(`drop database ${name} with (force)`))
  return Object.assign(new URL(postgres), { pathname: name }).href
}

async function start(overrides: Partial<Config>) {
  const clock = { now: Date.now() }
  const server = await startServer(overrides, { now: () => clock.now })
  onTestFinished(() => server.close())
  return { server, clock, space: await openSpace(server) }
}
async function write(server: TestServer, spaceId: string, k: string, parts: JsonValue, c: Record<string, JsonValue> = {}): Promise<void> {
  await server.context.sync.transaction(spaceId, (trx) =>
    server.context.sync.writeServerChanges(trx, spaceId, [{ t: 'message', k, c: { status: 'final', parts, usage: null, error: null, ...c } }]))
}

describe.each(['sqlite', 'postgres'] as const)('%s', (dialect) => {
  const settings = async (): Promise<Partial<Config>> => (dialect === 'postgres' ? { databaseUrl: await createDatabase() } : {})

  test('[BL9] a blob that no row names goes after seven days, one that is named stays', async () => {
    const { server, clock, space } = await start(await settings())
    const [kept, lost] = [png(100), png(200)]
    await space.put(kept, 'image/png')
    await space.put(lost, 'image/png')
    await write(server, space.spaceId, 'message0', [{ type: 'file', sha256: sha256(kept), name: 'a.png', mime: 'image/png', size: kept.byteLength }])
    clock.now += unreferencedMs - 1
    expect(await server.context.blobs.sweep()).toEqual({ released: 0, removed: 0 })
    clock.now += 2
    expect(await server.context.blobs.sweep()).toEqual({ released: 1, removed: 0 })
    expect([await server.context.blobs.find(space.spaceId, sha256(kept)) !== null, await server.context.blobs.find(space.spaceId, sha256(lost))]).toEqual([true, null])
    expect((await readTraces(server)).files).toEqual([sha256(kept)])
  })

  test('[BL9] putting a blob again, or naming it late, starts its seven days anew', async () => {
    const { server, clock, space } = await start(await settings())
    const [again, late] = [png(100), png(200)]
    await space.put(again, 'image/png')
    await space.put(late, 'image/png')
    clock.now += 6 * day
    await space.put(again, 'image/png')
    await write(server, space.spaceId, 'message0', [{ type: 'file', sha256: sha256(late), name: 'a.png', mime: 'image/png', size: late.byteLength }])
    clock.now += 6 * day
    expect((await server.context.blobs.sweep()).released).toBe(0)
    await write(server, space.spaceId, 'message1', [])
    expect((await readTraces(server)).files).toEqual([sha256(again), sha256(late)].sort())
  })

  test('[BL16] bytes that two spaces hold go with the second', async () => {
    const { server, clock, space } = await start(await settings())
    const other = await openSpace(server)
    const bytes = png(100)
    await space.put(bytes, 'image/png')
    await other.put(bytes, 'image/png')
    await write(server, other.spaceId, 'message0', [{ type: 'file', sha256: sha256(bytes), name: 'a.png', mime: 'image/png', size: bytes.byteLength }])
    clock.now += 8 * day
    await server.context.blobs.sweep()
    expect(await server.context.blobs.find(space.spaceId, sha256(bytes))).toBeNull()
    expect(await server.context.blobs.read(other.spaceId, sha256(bytes))).toMatchObject({ size: bytes.byteLength })
  })

  test('[BL17] the quota counts what a space holds, once, and refuses what would pass it', async () => {
    const { server, space } = await start(await settings())
    const { database, sync, now, log } = server.context
    const root = await mkdtemp(join(tmpdir(), 'holdfast-blobs-'))
    onTestFinished(() => rm(root, { recursive: true, force: true }))
    const blobs = createBlobs({ database, transaction: sync.transaction, now, log, maxBytes: 1_000, spaceBytes: 1_500, store: createFilesystemStore(root) })
    onTestFinished(() => blobs.close())
    const upload = (bytes: Buffer) => blobs.upload(space.spaceId, {
      sha256: sha256(bytes), contentType: null, size: bytes.byteLength,
      source: (async function* () { yield bytes })(),
    })
    const first = randomBytes(1_000)
    await upload(first)
    expect(await upload(first)).toMatchObject({ created: false })
    await expect(upload(randomBytes(501))).rejects.toMatchObject({ error: { code: 'storage_full' } })
    const both = await Promise.allSettled([upload(randomBytes(300)), upload(randomBytes(300))])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    // A reply's picture is kept even so.
    expect(await blobs.put(space.spaceId, png(400), 'image/jpeg', 'cat.png')).toMatchObject({ type: 'file', name: 'cat.png', mime: 'image/png' })
    expect((await readTraces(server)).rows).toBe(6)
  })
})

test('[BL9] bytes that a crash left without a row go with the next sweep', async () => {
  const { server, space } = await start({})
  const [bytes, kept] = [randomBytes(100), png(100)]
  await space.put(kept, 'image/png')
  await leave(server, bytes)
  expect((await readTraces(server)).files).toEqual([sha256(bytes), sha256(kept)].sort())
  expect((await space.head(sha256(bytes))).status).toBe(404)
  expect(await server.context.blobs.sweep()).toEqual({ released: 0, removed: 1 })
  expect((await readTraces(server)).files).toEqual([sha256(kept)])
})

test('[BL50] under a database that knows of no blob at all none is removed', async () => {
  const { server } = await start({})
  const bytes = randomBytes(100)
  await leave(server, bytes)
  expect(await server.context.blobs.sweep()).toEqual({ released: 0, removed: 0 })
  expect((await readTraces(server)).files).toEqual([sha256(bytes)])
})

/** What another server stored there, or one that died before it wrote a row. */
async function leave(server: TestServer, bytes: Buffer): Promise<void> {
  const store = createFilesystemStore(join(server.context.config.dataDir, 'blobs'))
  await (await store.receive((async function* () { yield bytes })(), 1_000)).keep()
}

test('[BL10] what was half received when the server died is gone after its next start', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-blobs-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const store = createFilesystemStore(join(dataDir, 'blobs'))
  await store.receive((async function* () { yield randomBytes(100) })(), 1_000)
  const { server } = await start({ dataDir })
  expect(await readTraces(server)).toEqual({ files: [], rows: 0 })
})
