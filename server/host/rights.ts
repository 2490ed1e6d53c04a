import { chmodSync, readdirSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log'

const isWindows = process.platform === 'win32'
/** What Holdfast makes in its folder, by the first word of the name. Blobs, snapshots and answers stand in folders that others cannot enter. */
const ownName = /^(?:holdfast\.|blobs$|snapshots$|answers$|pair\.json|codes\.key)/
const others = 0o077

/** Whatever this process makes from now on is its user's alone. */
export function keepToOwner(): void {
  if (!isWindows) process.umask(others)
}

/**
 * Takes from others what a folder made by hand, a volume or an earlier build left them: of the files that are Holdfast's, and of the
 * data folder itself if nothing else is in it. What cannot be changed is said, a line for each.
 */
export function mendRights(dataDir: string, log: Pick<Log, 'warn' | 'info'>): void {
  if (isWindows) return
  const names = readdirSync(dataDir)
  const own = names.filter((name) => ownName.test(name)).map((name) => join(dataDir, name))
  for (const path of own.length === names.length ? [dataDir, ...own] : own) mend(path, log)
}

function mend(path: string, log: Pick<Log, 'warn' | 'info'>): void {
  const before = statSync(path, { throwIfNoEntry: false })
  if (!before || isPrivate(before)) return
  const mode = (before.mode & 0o777).toString(8)
  try {
    chmodSync(path, before.mode & ~others & 0o7777)
    // Some file systems take it without doing it.
    if (isPrivate(statSync(path))) return void log.info({ path, mode }, 'others could reach into the data folder; not any more')
    log.warn({ path, mode }, 'other users of this machine can reach this, and its file system does not let that be changed')
  } catch (error) {
    log.warn({ path, mode, why: error instanceof Error && 'code' in error ? error.code : String(error) }, 'other users of this machine can reach this, and it is not ours to change')
  }
}

const isPrivate = ({ mode }: Stats): boolean => (mode & others) === 0
