import type { DeviceId } from '~/shared/domain/ids'
import { createOpfsDriver } from '~/workers/database/driver-wasm'
import { openDatabase } from '~/workers/database/open'
import { openStorage } from '~/workers/database/storage'

export const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))
export const benchDevice = 'benchbenchbench2' as DeviceId

/** A replica in a file of its own, as the leader of a profile opens it. */
export async function openReplica(name: string, deviceId = benchDevice) {
  const storage = await openStorage(name)
  if (storage.mode !== 'opfs') throw new Error('this browser gives no lasting storage: the bench needs it')
  return { db: openDatabase(storage.driver, { deviceId, now: Date.now, randomBytes }), bytes: storage.bytes }
}

/** A file with nothing of ours in it, for what SQLite does by itself. */
export const openRaw = (name: string) => createOpfsDriver(name)

/** How long `work` takes each time, in ms. */
export function measureEach(count: number, work: (i: number) => void): number[] {
  return Array.from({ length: count }, (_, i) => {
    const started = performance.now()
    work(i)
    return performance.now() - started
  })
}
