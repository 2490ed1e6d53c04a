import { isFilePart } from '~/shared/domain/part'
import type { LocalDatabase } from '../database/open'
import { getBlob, putBlob } from './blob-rows'
import type { BlobFiles } from './blob-files'
import { messageRowParts } from './message-parts'

/** An attachment that is being written has no row yet. */
const abandonedMs = 24 * 60 * 60 * 1000

/**
 * Files that the database knows nothing of, after a reset, a salvage or a crash between the two: those that a message carries are
 * offered to the server again, others go once they are a day old.
 */
export async function adoptFiles(db: LocalDatabase, files: BlobFiles, now: number): Promise<void> {
  for (const { sha256, size, at } of await files.list()) {
    if (getBlob(db.driver, sha256)) continue
    const part = messageRowParts(db.driver, sha256).filter(isFilePart).find((file) => file.sha256 === sha256)
    if (part && part.size === size) {
      db.driver.transaction(() => putBlob(db.driver, { sha256, state: 'local', code: null, size, mime: part.mime, lastUsed: db.now() }))
    } else if (now - at > abandonedMs) {
      await files.remove(sha256)
    }
  }
}
