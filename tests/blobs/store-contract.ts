import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { BlobStore } from '~/server/blobs/store'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}
async function* thenBreak(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
  throw new Error('the connection broke')
}
async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
async function listAll(store: BlobStore): Promise<string[]> {
  const names: string[] = []
  for await (const name of store.list()) names.push(name)
  return names.sort()
}

/** What every store of blobs must do. `leftovers` counts what it holds beyond kept blobs; `reopen` is the same store after a restart. */
export function storeContract(name: string, open: () => Promise<{ store: BlobStore, leftovers(): Promise<number>, reopen(): Promise<BlobStore> }>): void {
  const keep = async (store: BlobStore, bytes: Uint8Array): Promise<string> => {
    const file = await store.receive(inPieces(bytes, 1000), 1_000_000)
    await file.keep()
    return file.sha256
  }

  test(`[BL1] ${name}: bytes come back as they were, under the hash of what was received`, async () => {
    const { store } = await open()
    const bytes = randomBytes(200_001)
    const file = await store.receive(inPieces(bytes, 777), bytes.byteLength)
    expect(file).toMatchObject({ sha256: sha256(bytes), size: bytes.byteLength })
    expect(Buffer.from(file.head).equals(bytes.subarray(0, file.head.byteLength))).toBe(true)
    expect((await readAll(file.read())).equals(bytes)).toBe(true)
    expect(await store.has(file.sha256)).toBe(false)
    await file.keep()
    expect(await store.has(file.sha256)).toBe(true)
    const opened = await store.open(file.sha256)
    expect(opened?.size).toBe(bytes.byteLength)
    expect((await readAll(opened!.body)).equals(bytes)).toBe(true)
  })

  test(`[BL1] ${name}: an empty blob is a blob`, async () => {
    const { store } = await open()
    const name = await keep(store, new Uint8Array(0))
    expect(name).toBe(sha256(new Uint8Array(0)))
    const opened = await store.open(name)
    expect(opened?.size).toBe(0)
    expect((await readAll(opened!.body)).byteLength).toBe(0)
  })

  test(`[BL8] ${name}: a range gives exactly those bytes, both ends included`, async () => {
    const { store } = await open()
    const bytes = randomBytes(10_000)
    const name = await keep(store, bytes)
    for (const [start, end] of [[0, 0], [0, 9_999], [17, 4_711], [9_999, 9_999]] as const) {
      const opened = await store.open(name, { start, end })
      expect((await readAll(opened!.body)).equals(bytes.subarray(start, end + 1))).toBe(true)
    }
  })

  test(`[BL3] ${name}: too many bytes, or a source that breaks, leave nothing behind`, async () => {
    const { store, leftovers } = await open()
    await expect(store.receive(inPieces(randomBytes(5_000), 100), 4_999)).rejects.toMatchObject({ error: { code: 'payload_too_large' } })
    await expect(store.receive(thenBreak(randomBytes(5_000)), 10_000)).rejects.toThrow('the connection broke')
    expect(await leftovers()).toBe(0)
    expect(await listAll(store)).toEqual([])
  })

  test(`[BL3] ${name}: what is discarded is gone, and a discard after keeping keeps`, async () => {
    const { store, leftovers } = await open()
    const bytes = randomBytes(100)
    const dropped = await store.receive(inPieces(randomBytes(100), 10), 100)
    await dropped.discard()
    await dropped.discard()
    const kept = await store.receive(inPieces(bytes, 10), 100)
    await kept.keep()
    await kept.discard()
    expect(await leftovers()).toBe(0)
    expect(await listAll(store)).toEqual([sha256(bytes)])
  })

  test(`[BL1] ${name}: the same bytes kept twice, also at once, are there once`, async () => {
    const { store, leftovers } = await open()
    const bytes = randomBytes(50_000)
    const names = await Promise.all([keep(store, bytes), keep(store, bytes), keep(store, bytes)])
    expect(new Set(names)).toEqual(new Set([sha256(bytes)]))
    expect(await listAll(store)).toEqual([sha256(bytes)])
    expect(await leftovers()).toBe(0)
  })

  test(`[BL18] ${name}: removing removes, and removing what is not there changes nothing`, async () => {
    const { store } = await open()
    const name = await keep(store, randomBytes(10))
    await store.remove(name)
    await store.remove(name)
    expect(await store.has(name)).toBe(false)
    expect(await store.open(name)).toBeNull()
    expect(await listAll(store)).toEqual([])
  })

  test(`[BL5] ${name}: a name that is no hash never reaches the disk`, async () => {
    const { store } = await open()
    for (const name of ['', '..', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(64)}/..`, `${'a'.repeat(63)}\n`, 'a'.repeat(65), `${'a'.repeat(60)}%2e%`]) {
      await expect(Promise.resolve().then(() => store.open(name))).rejects.toThrow()
      await expect(Promise.resolve().then(() => store.has(name))).rejects.toThrow()
      await expect(Promise.resolve().then(() => store.remove(name))).rejects.toThrow()
    }
  })

  test(`[BL10] ${name}: after a restart kept blobs are there and half received ones are not`, async () => {
    const { store, leftovers, reopen } = await open()
    const name = await keep(store, randomBytes(1_000))
    await store.receive(inPieces(randomBytes(1_000), 100), 1_000)
    expect(await leftovers()).toBe(1)
    const again = await reopen()
    await again.clean()
    expect(await leftovers()).toBe(0)
    expect(await listAll(again)).toEqual([name])
  })
}
