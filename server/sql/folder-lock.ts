import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { StartFailure } from '../host/start-failure'
import { isDamage } from './storage-failure'

/**
 * Takes the data folder for this process and returns what gives it back; waits up to `waitMs` for another to let go. The lock is SQLite's own on a file of the folder: the
 * system drops it when the process dies, however it dies, so no stale lock can stay behind.
 */
export function lockFolder(dataDir: string, waitMs = 0): () => void {
  const path = join(dataDir, 'holdfast.lock')
  let file: BetterSqlite3.Database | undefined
  try {
    file = new BetterSqlite3(path, { timeout: waitMs })
    file.exec('begin exclusive')
  } catch (error) {
    file?.close()
    throw toLockFailure(error, path, dataDir)
  }
  const held = file
  return () => void held.close()
}

function toLockFailure(error: unknown, path: string, dataDir: string): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError)) return error
  if (error.code === 'SQLITE_BUSY') {
    return new StartFailure(`Another Holdfast is running on ${dataDir}. Stop it, or name another folder with NUXT_DATA_DIR.`, { cause: error })
  }
  if (isDamage(error)) return new StartFailure(`The lock ${path} is damaged. There is nothing in it: when no Holdfast runs on the folder, delete it and start again.`, { cause: error })
  if (error.code.startsWith('SQLITE_CANTOPEN') || error.code.startsWith('SQLITE_READONLY')) {
    return new StartFailure(`The lock ${path} cannot be opened (${error.code}): it must be a file that Holdfast may write. Delete it, or give it to the user that runs Holdfast.`, { cause: error })
  }
  return error
}
