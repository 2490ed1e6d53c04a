import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HoldfastException } from '~/shared/errors'
import { sizeOf } from '../host/data-folder'
import { wayBack } from '../host/start-failure'
import type { Log } from '../log'
import { databaseDamaged } from './storage-failure'

/** What is known of damage in the database file of this process. */
export interface Damage {
  /** What every statement fails with once a page was found damaged: to acknowledge into such a file would be a lie. Null while it is sound. */
  known(): HoldfastException | null
  report(cause: unknown): void
  onFound(listener: () => void): void
}

const marker = 'holdfast.damaged'

/** Knows, over restarts, whether the database of this folder is damaged; a file in it says so. */
export function createDamage({ dataDir, log }: { dataDir: string, log: Log }): Damage {
  let found: HoldfastException | null = null
  const listeners: (() => void)[] = []
  return {
    known: () => found,
    report(cause) {
      if (found) return
      found = databaseDamaged(cause)
      log.fatal({ err: cause }, `the database in ${dataDir} is damaged, and nothing is taken into it any more. ${wayBack(dataDir)}`)
      remember(dataDir, log)
      for (const listener of listeners) listener()
    },
    onFound: (listener) => void listeners.push(listener),
  }
}

/** The next start looks through the file, however this one ends. */
function remember(dataDir: string, log: Log): void {
  try {
    writeFileSync(join(dataDir, marker), '', { mode: 0o600 })
  } catch (error) {
    log.warn({ err: error }, 'the damage could not be noted for the next start')
  }
}

/** Whether the last server on this folder was not stopped in order, or had found damage: an orderly one takes its log of writes back. */
export const isToBeChecked = (dataDir: string): boolean =>
  sizeOf(join(dataDir, 'holdfast.sqlite-wal')) > 0 || existsSync(join(dataDir, marker))

export const forgetDamage = (dataDir: string): void => rmSync(join(dataDir, marker), { force: true })
