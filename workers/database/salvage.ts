import { boundColumns } from '~/shared/domain/bounds'
import type { SqlDriver } from './driver'
import { mergeInto } from './local-write'
import type { LocalDatabase } from './open'
import { appendOutbox, readWholeOutbox } from './outbox'
import { listPending, putPending, type PendingRun } from './pending-run'
import type { Change } from '~/shared/sync/change'

/** What only this device has: changes that the server does not hold, and sends that have not gone. */
export interface Unsent { changes: Change[], pending: PendingRun[] }

const orNothing = <T>(read: () => T[]): T[] => {
  try {
    return read()
  } catch {
    return []
  }
}

/** Reads what can still be read of a damaged file. */
export const readUnsent = (driver: SqlDriver): Unsent => ({
  changes: orNothing(() => readWholeOutbox(driver)), pending: orNothing(() => listPending(driver)),
})

/** Puts unsent work into another file, with its clocks; the numbers are mended at the next connection (sync.md §3). */
export function restoreUnsent(db: LocalDatabase, { changes, pending }: Unsent): void {
  if (changes.length === 0 && pending.length === 0) return
  const rows = db.driver.transaction(() => {
    const known = new Set(readWholeOutbox(db.driver).map(({ n }) => n))
    const fresh = changes.filter(({ n }) => !known.has(n)).map((change) => ({ ...change, c: boundColumns(change.c) }))
    for (const change of fresh) db.observe(change.h)
    const touched = mergeInto(db, fresh)
    appendOutbox(db.driver, fresh)
    for (const entry of pending) putPending(db.driver, entry)
    return touched
  })
  db.committed({ rows, local: ['outbox', 'pending_run'] })
}

/** Whether SQLite finds the file sound. Reads all of it. */
export function isSound(driver: SqlDriver): boolean {
  try {
    return driver.all<Record<string, string>>('pragma quick_check(1)').every((row) => Object.values(row)[0] === 'ok')
  } catch {
    return false
  }
}
