import type { StorageState } from '../api'
import type { Schedule } from '../tabs/channel-message'
import type { OpenedStorage } from './storage'

/** The part of `navigator.storage` that a worker has. */
export interface StorageEstimates { estimate(): Promise<StorageEstimate>, persisted(): Promise<boolean> }

const readEvery = 60_000

/** How much room is used and left, read now and then. */
export function createStorageState(storage: OpenedStorage, estimates: StorageEstimates | undefined, schedule: Schedule, onChange: () => void) {
  let state: StorageState = { mode: storage.mode, used: 0, quota: 0, persisted: false, databaseBytes: storage.bytes() }
  let cancel: (() => void) | undefined

  async function read(): Promise<void> {
    cancel?.()
    cancel = schedule(() => void read(), readEvery)
    const estimate = await estimates?.estimate().catch(() => undefined)
    const persisted = await estimates?.persisted().catch(() => false)
    state = { mode: storage.mode, used: estimate?.usage ?? 0, quota: estimate?.quota ?? 0, persisted: persisted ?? false, databaseBytes: storage.bytes() }
    onChange()
  }

  return { current: () => state, read, stop: () => cancel?.() }
}
