import type { MessageId, RunId } from '~/shared/domain/ids'
import { writeLocal } from '../database/local-write'
import { deleteStop, listStops, noteStop } from '../database/notes'
import type { LocalDatabase } from '../database/open'
import { deletePending, pendingOfRun } from '../database/pending-run'
import { readMessage } from '../database/queries/rows'
import { readSendElsewhere } from '../database/waits-elsewhere'
import { toError, type ServerDoor } from '../secrets/server-door'

/**
 * Stops runs, also with no network: the wish is noted in the file and told to the server as soon as it can be reached. A send that has
 * not left this device ends here and now.
 */
export function createStops(options: { db: LocalDatabase, door: Pick<ServerDoor, 'request'>, isPaired(): boolean }) {
  const { db, door } = options
  let telling: Promise<void> | undefined

  async function tell(): Promise<void> {
    for (const run of listStops(db.driver)) {
      if (!options.isPaired()) return
      const answer = await door.request('DELETE', `/run_thread/${encodeURIComponent(run)}`)
      // No answer, or a passing no: it is told again later.
      if (!answer.ok || (answer.value.status >= 400 && toError(answer.value).retryable)) return
      db.driver.transaction(() => deleteStop(db.driver, run))
    }
  }

  /** One that another device has not sent yet ends here and now too: that device will not ask for a reply that has ended. */
  function sendElsewhere(run: RunId) {
    const reply = db.driver.get<{ id: MessageId }>('select id from message where run = ? limit 1', [run])
    return reply && readSendElsewhere(db, reply.id)
  }

  function tellAll(): Promise<void> {
    telling ??= tell().finally(() => { telling = undefined })
    return telling
  }

  return {
    /** Tells what is noted; called when the connection comes back. */
    tellAll,
    async stop(run: RunId): Promise<void> {
      const pending = pendingOfRun(db.driver, run) ?? sendElsewhere(run)
      const reply = pending && readMessage(db.driver, pending.message)
      const touched = db.driver.transaction(() => {
        if (!pending || pending.tried) noteStop(db.driver, run)
        if (!pending) return undefined
        deletePending(db.driver, run)
        return reply?.status === 'queued'
          ? writeLocal(db, [{ t: 'message', k: pending.message, c: { status: 'stopped', parts: [], usage: null, error: null } }])
          : { rows: [] }
      })
      if (touched) db.committed({ ...touched, local: ['pending_run', 'outbox'] })
      await telling
      await tellAll()
    },
  }
}
