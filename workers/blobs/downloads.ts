import type { FilePart } from '~/shared/domain/part'
import { createError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import type { LocalDatabase } from '../database/open'
import { hashBytes } from './add-blob'
import type { BlobFiles } from './blob-files'
import { getBlob, putBlob } from './blob-rows'
import { readError, type BlobRequest } from './uploads'

const atOnce = 4

/** Brings files of other devices here when somebody looks at them. The same file is fetched once, however often it is asked for. */
export function createDownloads({ db, files, request }: { db: LocalDatabase, files: BlobFiles, request: BlobRequest }) {
  const running = new Map<string, Promise<Result<object>>>()
  const waiting: (() => void)[] = []

  async function fetchOne({ sha256, size, mime }: FilePart): Promise<Result<object>> {
    if (await files.read(sha256, size)) return ok({})
    const answer = await request('GET', sha256, null)
    if (!answer.ok) return answer
    if (!answer.value.ok) return err(await readError(answer.value))
    const bytes = await answer.value.arrayBuffer()
    if (await hashBytes(bytes) !== sha256) return err(createError('internal', 'The file came damaged.', undefined, true))
    await files.write(sha256, new Blob([bytes], { type: mime }))
    const known = getBlob(db.driver, sha256)
    db.driver.transaction(() => putBlob(db.driver, { sha256, state: 'held', code: null, size, mime, lastUsed: db.now() }), { sync: 'normal' })
    if (!known) db.committed({ rows: [], local: ['blob'] })
    return ok({})
  }

  async function inTurn(part: FilePart): Promise<Result<object>> {
    if (running.size > atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    return fetchOne(part)
  }

  return {
    fetch(part: FilePart): Promise<Result<object>> {
      const before = running.get(part.sha256)
      if (before) return before
      const download = inTurn(part).finally(() => {
        running.delete(part.sha256)
        waiting.shift()?.()
      })
      running.set(part.sha256, download)
      return download
    },
  }
}
