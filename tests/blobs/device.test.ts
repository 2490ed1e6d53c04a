import 'fake-indexeddb/auto'
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createId, type MessageId, type RunId, type ThreadId } from '~/shared/domain/ids'
import type { FilePart } from '~/shared/domain/part'
import type { LocalDatabase } from '~/workers/database/open'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { openDatabase } from '~/workers/database/open'
import { writeLocal } from '~/workers/database/local-write'
import { addBlob } from '~/workers/blobs/add-blob'
import { createBlobDoor } from '~/workers/blobs/blob-door'
import { getBlob } from '~/workers/blobs/blob-rows'
import { blobsReady } from '~/workers/blobs/blobs-ready'
import { createDeviceBlobs } from '~/workers/blobs/device-blobs'
import { evictBlobs } from '~/workers/blobs/eviction'
import { createIndexedFiles } from '~/workers/blobs/indexed-files'
import { startServer, type TestServer } from '../server/harness'
import { png } from './samples'
import { eventually, openSpace } from './space'
import { sha256 } from './store-contract'

let server: TestServer
beforeAll(async () => { server = await startServer({ blobMaxBytes: 100_000 }) })
afterAll(() => server.close())

type Space = Awaited<ReturnType<typeof openSpace>>
const bytesOf = (length: number) => new Uint8Array(randomBytes(length))
const newId = () => createId(Date.now(), (length) => new Uint8Array(randomBytes(length)))
const day = 24 * 60 * 60 * 1000

/** A device of the space: real database, files and requests; its network can be cut, and timers run when the test says so. */
async function openDevice(space: Space, { mints = true } = {}) {
  const clock = { now: Date.now() }
  const db = openDatabase(await createMemoryDriver(), { deviceId: space.deviceId, now: () => clock.now, randomBytes: bytesOf })
  const files = createIndexedFiles(`blobs-${randomUUID()}`, () => clock.now)
  const world = { online: true, paired: true, asked: [] as string[], states: [] as string[], settled: 0, cutAfterPut: false, timers: new Set<() => void>() }
  const identity = { current: () => ({ token: space.bearer.authorization.slice(7) }) } as unknown as Parameters<typeof createBlobDoor>[0]['identity']
  const network: typeof fetch = async (input, init) => {
    if (!world.online) throw new TypeError('no network')
    world.asked.push(`${init?.method} ${String(input).slice(-4)}`)
    const answer = await fetch(`${server.url}${String(input)}`, init)
    if (!world.cutAfterPut || init?.method !== 'PUT') return answer
    world.online = false
    throw new TypeError('the answer was lost')
  }
  const blobs = createDeviceBlobs({
    db, files, request: createBlobDoor({ identity, door: { renew: async () => ({ ok: false, error: { code: 'unauthorized', message: '', retryable: false } }) }, fetch: network, origin: '' }),
    isPaired: () => world.paired, estimates: undefined, emit: (name, payload) => {
      if (name === 'blob-state' && 'state' in payload) world.states.push(String(payload.state))
    },
    onSettled: () => world.settled++, random: () => 0.5,
    schedule: (run) => {
      world.timers.add(run)
      return () => void world.timers.delete(run)
    },
  })
  onTestFinished(() => blobs.stop())
  if (mints) blobs.start()
  const add = (bytes: Uint8Array, mime: string, name = 'file') => addBlob(files, { file: new Blob([Uint8Array.from(bytes)]), mime, name }).then(({ part }) => part)
  return { db, files, blobs, world, clock, add, upload: (part: FilePart) => blobs.actions['upload-blob']({ part }) }
}

function writeMessage(db: LocalDatabase, parts: FilePart[], parent: MessageId | null = null): MessageId {
  const id = newId() as MessageId
  const columns = { thread: newId(), parent, role: 'user', status: 'final', parts: parts as never, usage: null, error: null, model: null, run: null, deleted: 0, created_at: 1 }
  db.committed(db.driver.transaction(() => writeLocal(db, [{ t: 'message', k: id, c: columns }])))
  return id
}
const pendingOf = (parent: MessageId) => ({
  run: newId() as RunId, thread: newId() as ThreadId, message: newId() as MessageId, parent, options: { model: 'm' }, wrote: parent, tried: false, attempts: 0,
})

test('[BL20] a file is kept with its hash, its real type and a plain name', async () => {
  const { add, files } = await openDevice(await openSpace(server))
  const bytes = png(500)
  expect(await add(bytes, 'image/jpeg', 'C:\\photos\\..\\cat\u0000.png')).toEqual({ type: 'file', sha256: sha256(bytes), name: 'cat.png', mime: 'image/png', size: bytes.byteLength })
  expect(await add(Buffer.from('export const a = 1'), 'video/mp2t', 'a.ts')).toMatchObject({ mime: 'text/plain' })
  expect(await add(Buffer.from([0, 1, 2, 3]), '', '')).toMatchObject({ mime: 'application/octet-stream', name: 'file' })
  expect((await files.list()).map((file) => file.size).sort((a, b) => a - b)).toEqual([4, 18, bytes.byteLength])
  expect(await files.read(sha256(bytes), bytes.byteLength + 1)).toBeNull()
})

test('[BL21] a file that was added without a network goes up when it is back, once', async () => {
  const space = await openSpace(server)
  const { add, upload, blobs, world, db } = await openDevice(space)
  world.online = false
  const part = await add(png(2_000), 'image/png')
  const message = writeMessage(db, [part])
  await upload(part)
  await eventually(() => world.states).toContain('waiting')
  expect([blobsReady(db, message), blobs.filesAreUp(pendingOf(message))]).toEqual([false, false])
  world.online = true
  blobs.connected()
  await eventually(() => getBlob(db.driver, part.sha256)?.state).toBe('held')
  expect([blobsReady(db, message), world.settled]).toEqual([true, 1])
  expect((await space.get(part.sha256)).status).toBe(200)
  expect(world.asked.filter((request) => request.startsWith('PUT'))).toHaveLength(1)
})

test('[BL21] an upload whose answer was lost is found there and not sent again', async () => {
  const { add, upload, blobs, world, db } = await openDevice(await openSpace(server))
  world.cutAfterPut = true
  const part = await add(png(2_000), 'image/png')
  await upload(part)
  await eventually(() => world.states).toContain('waiting')
  expect(world.asked.map((request) => request.slice(0, 4).trim())).toEqual(['HEAD', 'PUT'])
  world.cutAfterPut = false
  world.online = true
  blobs.connected()
  await eventually(() => getBlob(db.driver, part.sha256)?.state).toBe('held')
  expect(world.asked.filter((request) => request.startsWith('PUT'))).toHaveLength(1)
})

test('[BL22] a file that the server refuses stops the message with the reason, and no later file', async () => {
  const { add, upload, world, db, blobs } = await openDevice(await openSpace(server))
  const [large, small] = [await add(randomBytes(100_001), ''), await add(png(100), 'image/png')]
  const [first, second] = [writeMessage(db, [large]), writeMessage(db, [small])]
  await upload(large)
  await upload(small)
  await eventually(() => world.settled).toBe(2)
  // A message below the first one would carry it too.
  expect(blobsReady(db, writeMessage(db, [], first))).toMatchObject({ code: 'payload_too_large' })
  expect(blobs.filesAreUp(pendingOf(second))).toBe(true)
  expect(blobs.filesAreUp(pendingOf(first))).toMatchObject({ code: 'payload_too_large' })
  // The send after that, a retry, has it offered once more.
  expect(blobs.filesAreUp(pendingOf(first))).toBe(false)
  await eventually(() => world.settled).toBe(3)
  expect(blobs.filesAreUp(pendingOf(first))).toMatchObject({ code: 'payload_too_large' })
})

test('[BL21] an unpaired device keeps its files until it is paired', async () => {
  const { add, upload, world, db, blobs } = await openDevice(await openSpace(server))
  world.paired = false
  const part = await add(png(100), 'image/png')
  await upload(part)
  expect(world.asked).toEqual([])
  world.paired = true
  blobs.connected()
  await eventually(() => getBlob(db.driver, part.sha256)?.state).toBe('held')
})

test('[BL23] a file of another device is fetched once, checked, and kept', async () => {
  const space = await openSpace(server)
  const one = await openDevice(space)
  const other = await openDevice(space)
  const part = await one.add(png(5_000), 'image/png')
  await expect(other.blobs.actions['fetch-blob']({ part })).rejects.toMatchObject({ error: { code: 'not_found' } })
  await one.upload(part)
  await eventually(() => getBlob(one.db.driver, part.sha256)?.state).toBe('held')
  other.world.asked.length = 0
  await Promise.all([1, 2, 3].map(() => other.blobs.actions['fetch-blob']({ part })))
  await other.blobs.actions['fetch-blob']({ part })
  expect(other.world.asked).toHaveLength(1)
  const file = await other.files.read(part.sha256, part.size)
  expect(sha256(new Uint8Array(await file!.arrayBuffer()))).toBe(part.sha256)
  await expect(other.blobs.actions['fetch-blob']({ part: { ...part, sha256: 'a'.repeat(64) } })).rejects.toMatchObject({ error: { code: 'not_found' } })
})

test('[BL24] over four fifths of the quota what the server holds goes, oldest first; what is only here stays', async () => {
  const { add, upload, world, db, files, clock } = await openDevice(await openSpace(server))
  const parts: FilePart[] = []
  for (const size of [1_000, 2_000, 3_000]) {
    clock.now += 1_000
    const part = await add(png(size), 'image/png')
    parts.push(part)
    await upload(part)
    await eventually(() => getBlob(db.driver, part.sha256)?.state).toBe('held')
  }
  world.online = false
  const only = await add(png(50_000), 'image/png')
  await upload(only)
  const estimates = (usage: number) => ({ estimate: async () => ({ usage, quota: 100_000 }), persisted: async () => true })
  expect(await evictBlobs(db, files, estimates(80_000))).toBe(0)
  expect(await evictBlobs(db, files, estimates(80_001 - 10_001 + 1_500 + 9_000))).toBe(3)
  expect((await files.list()).map(({ sha256: name }) => name)).toEqual([only.sha256])
})

test('[BL25] a draft that outlived the server\'s patience is offered again before it is sent', async () => {
  const space = await openSpace(server)
  const { add, upload, db, blobs, clock, world } = await openDevice(space)
  const part = await add(png(100), 'image/png')
  await upload(part)
  await eventually(() => getBlob(db.driver, part.sha256)?.state).toBe('held')
  await server.context.database.deleteFrom('blob_ref').where('space', '=', space.spaceId).execute()
  clock.now += 8 * day
  const pending = pendingOf(writeMessage(db, [part]))
  expect(blobs.filesAreUp(pending)).toBe(false)
  await eventually(() => world.settled).toBe(2)
  expect(blobs.filesAreUp(pending)).toBe(true)
  expect((await space.head(part.sha256)).status).toBe(200)
})

test('[BL26] files that the database forgot are adopted if a message carries them, and go after a day if none does', async () => {
  const { add, db, files, blobs, clock } = await openDevice(await openSpace(server), { mints: false })
  const [carried, lost] = [await add(png(100), 'image/png'), await add(png(200), 'image/png')]
  writeMessage(db, [carried])
  clock.now += 2 * day
  const fresh = await add(png(300), 'image/png')
  blobs.start()
  await eventually(() => getBlob(db.driver, carried.sha256)?.state).toBe('held')
  expect((await files.list()).map((file) => file.sha256).sort()).toEqual([carried.sha256, fresh.sha256].sort())
  expect(getBlob(db.driver, lost.sha256)).toBeUndefined()
})

test('[BL26] a file taken off a draft is forgotten unless a message carries it', async () => {
  const { add, upload, db, files, blobs } = await openDevice(await openSpace(server))
  const [carried, dropped] = [await add(png(100), 'image/png'), await add(png(200), 'image/png')]
  writeMessage(db, [carried])
  for (const part of [carried, dropped]) {
    await upload(part)
    await blobs.actions['drop-blob']({ sha256: part.sha256 })
  }
  expect((await files.list()).map((file) => file.sha256)).toEqual([carried.sha256])
})

test('[BL27] a restored server gets back the files it lost', async () => {
  const space = await openSpace(server)
  const { add, upload, db, blobs } = await openDevice(space)
  const part = await add(png(100), 'image/png')
  await upload(part)
  await eventually(() => getBlob(db.driver, part.sha256)?.state).toBe('held')
  await server.context.database.deleteFrom('blob_ref').where('space', '=', space.spaceId).execute()
  blobs.restored()
  await eventually(async () => (await space.head(part.sha256)).status).toBe(200)
})
