import { HoldfastException } from '~/shared/errors'
import type { RandomBytes } from '~/shared/domain/ids'
import { drawBase32 } from '~/shared/domain/ids'
import type { IdentityStore } from '../secrets/identity'
import { OutdatedError } from '../tabs/election'
import type { SqlDriver } from './driver'
import { openDatabase, type LocalDatabase } from './open'
import { isSound, readUnsent, restoreUnsent } from './salvage'
import type { OpenedStorage } from './storage'

export interface OpenedReplica {
  db: LocalDatabase
  storage: OpenedStorage
  /** The last session did not close the file: it is to be checked once there is time. */
  unchecked: boolean
  /** The file was damaged: it was set aside, and its unsent changes were carried into a new one. */
  salvaged: { changes: number } | null
}

export interface OpenReplicaOptions {
  identity: IdentityStore
  openStorage(name: string): Promise<OpenedStorage>
  now: () => number
  randomBytes: RandomBytes
  build?: string
}

/** Opens this profile's database. A file that was found damaged is kept, and a new one takes its place. */
export async function openReplica(options: OpenReplicaOptions): Promise<OpenedReplica> {
  const { identity } = options
  const { deviceId, file } = identity.current()
  const open = (driver: SqlDriver) => openDatabase(driver, {
    deviceId, now: options.now, randomBytes: options.randomBytes, ...(options.build ? { build: options.build } : {}),
  })

  let storage: OpenedStorage
  try {
    storage = await options.openStorage(file)
  } catch (cause) {
    if (!isDamage(cause)) throw cause
    // Not even its first page can be read: there is nothing to carry over.
    return { ...await beginAnew(), salvaged: { changes: 0 } }
  }
  try {
    const db = open(storage.driver)
    if (!identity.current().damaged) return { db, storage, unchecked: !db.closedProperly, salvaged: null }
  } catch (cause) {
    if (cause instanceof HoldfastException) {
      storage.driver.close()
      storage.release()
      throw cause.error.code === 'upgrade_required' ? new OutdatedError(cause.message, { cause }) : cause
    }
    if (!isDamage(cause) && isSound(storage.driver)) throw cause
  }

  const unsent = readUnsent(storage.driver)
  storage.driver.close()
  storage.release()
  const next = await beginAnew()
  restoreUnsent(next.db, unsent)
  return { ...next, salvaged: { changes: unsent.changes.length } }

  /** Sets the file aside and opens a new one under another name. */
  async function beginAnew() {
    await identity.save({ file: drawBase32(12, options.randomBytes), damaged: false, formerFiles: [...identity.current().formerFiles, file] })
    const storage = await options.openStorage(identity.current().file)
    return { db: open(storage.driver), storage, unchecked: false }
  }
}

/**
 * Checks the file after an unclean exit. Reads all of it, so it is not done while a tab waits for its new leader. False when it is damaged:
 * then the database is to be opened again.
 */
export async function checkReplica(identity: IdentityStore, driver: SqlDriver): Promise<boolean> {
  if (isSound(driver)) return true
  await identity.save({ damaged: true })
  return false
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
export function isDamage(cause: unknown): boolean {
  const code = (cause as { resultCode?: unknown }).resultCode
  return typeof code === 'number' && [11, 26].includes(code & 0xff)
}
