import { writeAudit } from './audit'
import type { ShareDeps } from './deps'
import { auditMs, emptyShareMs } from './quotas'
import { deleteShare } from './store'

const everyMs = 60_000

/** Takes out what has expired. A share is unreadable from the moment it expires; this is what takes it off the disk. */
export function createExpiry({ database, erasure, now, log }: ShareDeps) {
  let timer: NodeJS.Timeout | undefined

  /** Deletes expired shares, shares that were created by nobody and never filled, and old audit entries. Answers how many shares went. */
  async function sweep(): Promise<number> {
    const at = now()
    const expired = await database.selectFrom('share').select(['id', 'space'])
      .where((row) => row.or([
        row('expires_at', '<=', at),
        row.and([row('space', 'is', null), row('syncs', '=', 0), row('created_at', '<', at - emptyShareMs)]),
      ]))
      .limit(1_000).execute()
    for (const { id, space } of expired) {
      await database.transaction().execute(async (trx) => {
        if (await deleteShare(trx, id)) await writeAudit(trx, { at, event: 'share-expired', subject: id, actor: 'server', space })
      })
    }
    await database.deleteFrom('audit').where('at', '<', at - auditMs).execute()
    if (expired.length > 0) await erasure.settle()
    return expired.length
  }

  return {
    sweep,
    start(): void {
      const tick = () => sweep().catch((error: unknown) => log.error({ err: error }, 'expired shares could not be deleted'))
      timer = setInterval(tick, everyMs)
      timer.unref()
    },
    stop: (): void => clearInterval(timer),
  }
}
