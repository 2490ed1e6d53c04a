import type { SqlDriver } from './driver'

/** Runs `work` so that it can be undone alone within the caller's transaction, should it throw. */
export function inSavepoint<T>(driver: SqlDriver, work: () => T): T {
  driver.exec('savepoint belt')
  try {
    const result = work()
    driver.exec('release belt')
    return result
  } catch (cause) {
    try {
      driver.exec('rollback to belt; release belt')
    } catch {
      // A full disk has rolled back the whole transaction already: what was thrown first is what happened.
    }
    throw cause
  }
}
