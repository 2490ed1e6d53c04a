import { drawBase32, type DeviceId, type RandomBytes } from '~/shared/domain/ids'
import { fail } from '~/shared/errors'
import { migrateReplica } from '~/shared/sql/replica'
import { maxClock, nextClock, noClock, type Clock } from '~/shared/sync/clock'
import type { TableName } from '~/shared/sync/tables'
import { createAsideTables } from './aside'
import { boundRows } from './bound-rows'
import type { SqlDriver } from './driver'
import { readMeta, writeMeta } from './meta'
import { returnAfterUpdate } from './return-rows'
import { createThreadPlaces } from './thread-places'
import { unlessFull } from './storage-full'

/** The rows a commit changed, for live queries; `local` are tables of the device alone. */
export interface Touched {
  rows: { table: TableName, key: string }[]
  local?: ('outbox' | 'rejected' | 'pending_run' | 'blob' | 'meta')[]
  /** Everything may have changed: an image was put in the file's place. */
  all?: boolean
}

/** The device's database: its file, and the one clock that stamps its writes. */
export interface LocalDatabase {
  readonly driver: SqlDriver
  readonly deviceId: DeviceId
  /** `<deviceId>.<tag>`; the tag is drawn at each opening, so that a file that went back in time never stamps a clock twice. */
  readonly writer: string
  /** Whether the last session closed the file properly. */
  readonly closedProperly: boolean
  /** The time as the server tells it, in ms. */
  now(): number
  /** Sets server time minus local time. */
  setOffset(ms: number): void
  /** What the server's clock is ahead of this machine's, in ms. */
  offset(): number
  /** The highest clock known. */
  clock(): Clock
  /** A clock above every other in the file. */
  stamp(): Clock
  /** Raises the clock above one that was received. */
  observe(clock: Clock): void
  /** Puts the clock to what the file holds; only the clock guard lowers it. */
  resetClock(clock: Clock): void
  /** To be called after each commit that changed rows. */
  committed(touched: Touched): void
  onCommit(listener: (touched: Touched) => void): () => void
  close(): void
}

/** `build` is the app's: another one than last time tries again what an earlier one could not read. */
export interface OpenOptions { deviceId: DeviceId, now: () => number, randomBytes: RandomBytes, build?: string }

/** Migrates the file, draws a writer tag and reads the highest clock. A file newer than this build fails with `upgrade_required`. */
export function openDatabase(driver: SqlDriver, { deviceId, now, randomBytes, build }: OpenOptions): LocalDatabase {
  if (!migrateReplica(driver)) fail('upgrade_required', 'the database was written by a newer version; reload to update')
  unlessFull(() => createAsideTables(driver))
  createThreadPlaces(driver)
  boundRows(driver)
  if (build !== undefined) returnAfterUpdate(driver, build)
  const writer = `${deviceId}.${drawBase32(4, randomBytes)}`
  const closedProperly = readMeta(driver, 'device') === null || readMeta(driver, 'closed') !== null
  // A file that is read on a full disk stays as it is: an unclean exit, should this be one, is then taken for the last one's.
  unlessFull(() => driver.transaction(() => {
    // The numbers of changes belong to the device: a file that comes to another one starts counting again.
    if (readMeta(driver, 'device') !== deviceId) writeMeta(driver, { device: deviceId, acked: null, 'acked-clock': null })
    writeMeta(driver, { closed: null })
  }))
  let clock = (readMeta(driver, 'clock') ?? noClock) as Clock
  let offset = Number(readMeta(driver, 'offset') ?? 0)
  const listeners = new Set<(touched: Touched) => void>()

  return {
    driver, deviceId, writer, closedProperly,
    now: () => Math.floor(now() + offset),
    offset: () => offset,
    setOffset(ms) {
      // Stored only when it moved by more than a socket's jitter: it is read at the next start, before the server is asked.
      if (Math.abs(ms - offset) > 1_000) unlessFull(() => driver.transaction(() => writeMeta(driver, { offset: Math.round(ms) }), { sync: 'normal' }))
      offset = ms
    },
    clock: () => clock,
    stamp: () => (clock = nextClock(Math.floor(now() + offset), clock, writer)),
    observe: (seen) => void (clock = maxClock(clock, seen)),
    resetClock: (to) => void (clock = to),
    committed: (touched) => listeners.forEach((listener) => listener(touched)),
    onCommit(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      try {
        unlessFull(() => {
          driver.transaction(() => writeMeta(driver, { closed: 1 }))
          driver.checkpoint()
        })
      } finally {
        driver.close()
      }
    },
  }
}
