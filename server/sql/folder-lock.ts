import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'

/** The data folder is already in use. */
export class FolderInUseError extends Error {
  override name = 'FolderInUseError'
}

/**
 * Takes the data folder for this process and returns what gives it back; waits up to `waitMs` for another to let go. The lock is SQLite's own on a file of the folder: the
 * system drops it when the process dies, however it dies, so no stale lock can stay behind.
 */
export function lockFolder(dataDir: string, waitMs = 0): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = new BetterSqlite3(join(dataDir, 'holdfast.lock'), { timeout: waitMs })
  try {
    file.exec('begin exclusive')
  } catch (error) {
    file.close()
    throw new FolderInUseError(`another Holdfast is running on ${dataDir}`, { cause: error })
  }
  return () => file.close()
}
