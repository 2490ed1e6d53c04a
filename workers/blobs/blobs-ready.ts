import type { MessageId } from '~/shared/domain/ids'
import { isFilePart, type FilePart } from '~/shared/domain/part'
import { createError, type HoldfastError } from '~/shared/errors'
import type { LocalDatabase } from '../database/open'
import { readMessage } from '../database/queries/rows'
import { getBlob } from './blob-rows'

/** The files of a message and of its ancestors: all that a run about it reads. */
export function filesOf(db: Pick<LocalDatabase, 'driver'>, messageId: MessageId): FilePart[] {
  const files: FilePart[] = []
  const seen = new Set<string>()
  for (let next: MessageId | null = messageId; next && !seen.has(next);) {
    seen.add(next)
    const message = readMessage(db.driver, next)
    if (!message) break
    if (!message.deleted) files.push(...message.parts.filter(isFilePart))
    next = message.parent
  }
  return files
}

/**
 * Whether what a message carries is with the server: true, false while an upload is still to come, or the error of a file that the
 * server turned down. A file that this device knows nothing of came from another one, which saw to it.
 */
export function blobsReady(db: Pick<LocalDatabase, 'driver'>, messageId: MessageId): boolean | HoldfastError {
  let ready = true
  for (const { sha256, name } of filesOf(db, messageId)) {
    const row = getBlob(db.driver, sha256)
    if (row?.state === 'refused') return createError(row.code ?? 'internal', `The server does not take the file ${name}.`, { sha256, name }, false)
    if (row?.state === 'local') ready = false
  }
  return ready
}
