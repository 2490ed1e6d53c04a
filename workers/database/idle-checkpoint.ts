import type { Schedule } from '../tabs/channel-message'
import type { LocalDatabase } from './open'
import { unlessFull } from './storage-full'

const idleMs = 3_000

/** Moves the write-ahead log into the file when nothing was written for a while, so that neither grows unseen. Returns what ends it. */
export function checkpointWhenIdle(db: LocalDatabase, schedule: Schedule): () => void {
  let cancel: (() => void) | undefined
  const end = db.onCommit(() => {
    cancel?.()
    cancel = schedule(() => void unlessFull(() => db.driver.checkpoint()), idleMs)
  })
  return () => {
    end()
    cancel?.()
  }
}
