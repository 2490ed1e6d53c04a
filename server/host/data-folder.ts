import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StartFailure, notWritable } from './start-failure'

const errorCode = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))

/** Makes the data folder, if it is not there, and sees to it that it is one that can be written to. */
export function openDataFolder(dataDir: string): void {
  try {
    makeFolder(resolve(dataDir))
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new StartFailure(`${dataDir} cannot be the data folder: it is a file, or lies below one. Name a folder with NUXT_DATA_DIR.`, { cause: error })
    }
    if (code === 'ENOSPC' || code === 'EDQUOT') throw error
    throw new StartFailure(`The data folder ${dataDir} cannot be made (${code}). Name a folder that Holdfast may write to with NUXT_DATA_DIR.`, { cause: error })
  }
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StartFailure(notWritable(dataDir, errorCode(error)), { cause: error })
  }
}

/** Node's own recursive making never ends where the system says of a new folder that there is no such path, as below `/proc`. */
function makeFolder(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** The bytes of a file; 0 where there is none. */
export function sizeOf(path: string): number {
  const entry = statSync(path, { throwIfNoEntry: false })
  return entry?.size ?? 0
}

/**
 * Refuses to begin anew where a server was: a database that is missing beside its attachments, or beside the log of its last writes, was lost
 * or is elsewhere. An empty one in its place would be anybody's to claim, and would sweep the attachments away.
 */
export function refuseLostDatabase(dataDir: string): void {
  const file = join(dataDir, 'holdfast.sqlite')
  if (sizeOf(file) > 0) return
  const state = existsSync(file) ? 'is empty' : 'is missing'
  if (holdsBlobs(dataDir)) throw new StartFailure(lostDatabase(`${file} ${state}`, dataDir))
  if (sizeOf(`${file}-wal`) > 0) {
    throw new StartFailure(`${file} ${state}, though ${file}-wal holds its last writes. Put the database back; to begin an empty server, move ${file}-wal away.`)
  }
}

export const lostDatabase = (what: string, dataDir: string): string =>
  `${what}, but ${join(dataDir, 'blobs')} holds attachments of a server that was. Put its database back; to begin an empty server, move that folder away.`

/** Whether attachments are stored in the folder. */
export function holdsBlobs(dataDir: string): boolean {
  const objects = join(dataDir, 'blobs', 'objects')
  if (!existsSync(objects)) return false
  return readdirSync(objects, { withFileTypes: true }).some((entry) => !entry.isDirectory() || readdirSync(join(objects, entry.name)).length > 0)
}
