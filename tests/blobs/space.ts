import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { SpaceId } from '~/shared/domain/ids'
import type { TestServer } from '../server/harness'
import { sha256 } from './store-contract'

/** A device of a new space of a test's server, and what it says to the blob routes. */
export async function openSpace(server: TestServer) {
  const { spaces, tokens, database } = server.context
  const spaceId: SpaceId = await spaces.create(database)
  const { token, tokenId, deviceId } = await database.transaction().execute((trx) => tokens.mint(trx, { spaceId, deviceName: 'test' }))
  const bearer = { authorization: `Bearer ${token}` }
  const address = (name: string) => `${server.url}/blob/${name}`
  return {
    spaceId, tokenId, deviceId, bearer,
    put: (bytes: Uint8Array, mime: string, name = sha256(bytes)) =>
      fetch(address(name), { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer>, headers: { ...bearer, 'content-type': mime } }),
    head: (name: string) => fetch(address(name), { method: 'HEAD', headers: bearer }),
    get: (name: string, headers: Record<string, string> = {}) => fetch(address(name), { headers: { ...bearer, ...headers } }),
  }
}

/** Every file below the blob folder, and every row about blobs: what an upload may leave behind. */
export async function readTraces(server: TestServer): Promise<{ files: string[], rows: number }> {
  const { config, database } = server.context
  const entries = await readdir(join(config.dataDir, 'blobs'), { recursive: true, withFileTypes: true }).catch(() => [])
  const blobs = await database.selectFrom('blob').selectAll().execute()
  const refs = await database.selectFrom('blob_ref').selectAll().execute()
  return { files: entries.filter((entry) => entry.isFile()).map((entry) => entry.name).sort(), rows: blobs.length + refs.length }
}

/** Waits for what must come true; the test's own time limit is the only one that counts. */
export const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 600_000 })
