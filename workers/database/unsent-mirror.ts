import { changeSchema, type Change } from '~/shared/sync/change'
import type { SecretsDatabase } from '../secrets/store'
import type { Schedule } from '../tabs/channel-message'
import type { LocalDatabase } from './open'
import { readWholeOutbox } from './outbox'
import { listPending, type PendingRun } from './pending-run'
import type { Unsent } from './salvage'

/**
 * Where the database is in memory, what the server does not have yet stands in IndexedDB as well (sync.md §1, No OPFS). Changes are
 * kept under their number, sends that wait under negative ones.
 */
export async function readMirror(store: SecretsDatabase, file: string): Promise<Unsent> {
  const rows = await store.unsent.where('file').equals(file).sortBy('n')
  const changes: Change[] = []
  const pending: PendingRun[] = []
  for (const { n, change } of rows) {
    const value: unknown = JSON.parse(change)
    if (n < 0) pending.unshift(value as PendingRun)
    else if (changeSchema.safeParse(value).success) changes.push(value as Change)
  }
  return { changes, pending }
}

export function mirrorUnsent(db: LocalDatabase, store: SecretsDatabase, file: string, schedule: Schedule): () => void {
  let cancel: (() => void) | undefined

  async function write() {
    const rows = [
      ...readWholeOutbox(db.driver).map((change) => ({ n: change.n, file, change: JSON.stringify(change) })),
      ...listPending(db.driver).map((pending, i) => ({ n: -1 - i, file, change: JSON.stringify(pending) })),
    ]
    await store.transaction('rw', store.unsent, async () => {
      await store.unsent.where('file').equals(file).delete()
      await store.unsent.bulkPut(rows)
    })
  }

  const end = db.onCommit((touched) => {
    if (!touched.all && !touched.local?.some((table) => table === 'outbox' || table === 'pending_run')) return
    cancel ??= schedule(() => {
      cancel = undefined
      void write()
    }, 50)
  })
  return () => {
    end()
    cancel?.()
  }
}
