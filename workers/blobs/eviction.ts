import type { LocalDatabase } from '../database/open'
import type { StorageEstimates } from '../database/storage-state'
import { deleteBlob, listBlobs } from './blob-rows'
import type { BlobFiles } from './blob-files'

const fullAbove = 0.8
const enoughBelow = 0.7

/**
 * Over 80 % of what the browser gives, files that the server holds go, least recently used first, until a tenth is free again. Files
 * that are only here never do, and rows never do (sync.md §1). Answers how many went.
 */
export async function evictBlobs(db: LocalDatabase, files: BlobFiles, estimates: Pick<StorageEstimates, 'estimate'> | undefined): Promise<number> {
  const { usage = 0, quota = 0 } = await estimates?.estimate().catch(() => ({})) as StorageEstimate | undefined ?? {}
  if (quota === 0 || usage <= fullAbove * quota) return 0
  let surplus = usage - enoughBelow * quota
  let dropped = 0
  for (const row of listBlobs(db.driver, 'held')) {
    if (surplus <= 0) break
    // The row goes first: a file without one is found at the next start, a row without its file would be a lie.
    db.driver.transaction(() => deleteBlob(db.driver, row.sha256), { sync: 'normal' })
    await files.remove(row.sha256)
    surplus -= row.size
    dropped++
  }
  if (dropped > 0) db.committed({ rows: [], local: ['blob'] })
  return dropped
}
