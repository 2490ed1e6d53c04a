import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database, Trx } from '../sql/schema'
import { collectHashes } from './references'
import type { BlobStore } from './store'

/** How long a blob that no row names stays: a device may still be about to push the row, or to take a deletion back. */
export const unreferencedMs = 7 * 24 * 60 * 60 * 1000
const pageRows = 200

export interface SweepResult { released: number, removed: number }
interface SweepDeps {
  database: Database
  store: BlobStore
  transaction<T>(spaceId: string, work: (trx: Trx) => Promise<T>): Promise<T>
  turns<T>(name: string, work: () => Promise<T>): Promise<T>
  now(): number
}

/**
 * Compares what each space holds with what its rows name. `released` counts blobs that a space gave up, `removed` bytes that
 * nobody held any more, those of an upload that a crash cut off between store and row among them. A database that knows of no blob at all is
 * not taken for the word that there are none: it may be a new one in another's place.
 */
export async function sweepBlobs(deps: SweepDeps): Promise<SweepResult> {
  const result: SweepResult = { released: 0, removed: 0 }
  const spaces = await deps.database.selectFrom('blob_ref').select('space').distinct().execute()
  for (const { space } of spaces) await sweepSpace(deps, space, result)
  if (!await deps.database.selectFrom('blob').select('sha256').limit(1).executeTakeFirst()) return result
  for await (const sha256 of deps.store.list()) {
    await deps.turns(sha256, async () => {
      if (await deps.database.selectFrom('blob').select('sha256').where('sha256', '=', sha256).executeTakeFirst()) return
      await deps.store.remove(sha256)
      result.removed++
    })
  }
  return result
}

async function sweepSpace(deps: SweepDeps, space: string, result: SweepResult): Promise<void> {
  const { database, now } = deps
  const head = (await database.selectFrom('space').select('head').where('id', '=', space).executeTakeFirst())?.head ?? 0
  const named = await readReferences(database, space)
  const held = await database.selectFrom('blob_ref').select(['sha256', 'unreferenced_since']).where('space', '=', space).execute()
  for (const { sha256, unreferenced_since: since } of held) {
    const mark = (value: number | null) => database.updateTable('blob_ref').set({ unreferenced_since: value }).where('space', '=', space).where('sha256', '=', sha256).execute()
    if (named.has(sha256)) {
      if (since !== null) await mark(null)
    } else if (since === null) await mark(now())
    else if (since <= now() - unreferencedMs && await release(deps, space, sha256, head)) result.released++
  }
}

/** Gives a blob up, unless a row that came since the comparison began names it. The bytes go with the last space that held them. */
const release = (deps: SweepDeps, space: string, sha256: string, head: number): Promise<boolean> =>
  deps.turns(sha256, () => deps.transaction(space, async (trx) => {
    const fresh = await trx.selectFrom('change').select('columns').where('space', '=', space).where('seq', '>', head).execute()
    if (fresh.some(({ columns }) => columns.includes(sha256))) return false
    const { numDeletedRows } = await trx.deleteFrom('blob_ref').where('space', '=', space).where('sha256', '=', sha256)
      .where('unreferenced_since', '<=', deps.now() - unreferencedMs).executeTakeFirst()
    if (numDeletedRows === 0n) return false
    if (await trx.selectFrom('blob_ref').select('space').where('sha256', '=', sha256).executeTakeFirst()) return true
    await trx.deleteFrom('blob').where('sha256', '=', sha256).execute()
    await deps.store.remove(sha256)
    return true
  }))

/** Every blob that a row of the space names. In pages, with a turn between them for everybody else. */
async function readReferences(database: Database, space: string): Promise<Set<string>> {
  const named = new Set<string>()
  for (const table of ['message', 'setting']) {
    for (let after = ''; ;) {
      const rows = await database.selectFrom('entity').select(['pk', 'columns']).where('space', '=', space).where('table', '=', table).where('pk', '>', after)
        .orderBy('pk').limit(pageRows).execute()
      for (const { columns } of rows) collectHashes(String(columns), named)
      const last = rows.at(-1)
      if (!last || rows.length < pageRows) break
      after = last.pk
      await nextTurn()
    }
  }
  // What is kept aside may come back, and names its files until then.
  for (const table of ['aside', 'aside_change'] as const) {
    const rows = await database.selectFrom(table).select('columns').where('space', '=', space).execute()
    for (const { columns } of rows) collectHashes(String(columns), named)
  }
  return named
}
