import { z } from 'zod'
import { fail } from '~/shared/errors'
import { asideKeySchema } from '~/shared/protocol/aside'
import { readPragma, migrateReplica, replicaApplicationId, replicaMigrations } from '~/shared/sql/replica'
import { maxClock, noClock, type Clock } from '~/shared/sync/clock'
import { entityToChanges, slotClock } from '~/shared/sync/merge'
import { isTableName, slotOf } from '~/shared/sync/tables'
import { createAsideTables, keyId, readAsideIds } from '~/workers/database/aside'
import { createThreadPlaces } from '~/workers/database/thread-places'
import { boundRows } from '~/workers/database/bound-rows'
import type { SqlDriver } from '~/workers/database/driver'
import { listHeldDrafts } from '~/workers/database/drafts'
import { readEntities } from '~/workers/database/entities'
import { mergeInto } from '~/workers/database/local-write'
import { readMeta, writeMeta } from '~/workers/database/meta'
import type { LocalDatabase } from '~/workers/database/open'
import { listRejected, readWholeOutbox } from '~/workers/database/outbox'
import { returnRows } from '~/workers/database/return-rows'
import type { HttpDeps } from './http-exchange'
import { mergeRows } from './snapshot-rows'

export interface SnapshotDeps {
  db: LocalDatabase
  http: HttpDeps
  pause(): Promise<void>
  /** Called as `progress` rises. */
  progress(): void
}

/** Takes the server's whole state in place of reading the log: an image where it can be, row by row else (sync.md §4, reset). */
export function createSnapshotLoader({ db, http, pause, progress: changed }: SnapshotDeps) {
  let progress: number | null = null

  async function load(path: string): Promise<Response> {
    const response = await http.fetch(path, { headers: { authorization: `Bearer ${http.token() ?? ''}` } })
    if (!response.ok || !response.body) fail('internal', `the server answered ${response.status} to ${path}`)
    return response
  }

  async function takeImage(seq: number) {
    const response = await load(`/snapshot/${seq}`)
    const total = Number(response.headers.get('content-length') ?? 0)
    await db.driver.replaceWith(readChunks(response, (bytes) => report(total > 0 ? bytes / total : 0)), (next) => carryOver(db, next))
    db.observe((readMeta(db.driver, 'clock') ?? noClock) as Clock)
  }

  async function takeRows(seq: number, keepOwn: boolean) {
    const response = await load(`/snapshot/${seq}?format=rows`)
    await mergeRows(db, readChunks(response, () => {}), { keepOwn, pause, report })
  }

  function report(share: number) {
    progress = Math.min(1, share)
    changed()
  }

  return {
    progress: () => progress,
    /** `merge` keeps every row of this device, for a server that is being restored from it. False if nothing could be taken. */
    async take(seq: number, merge: boolean): Promise<boolean> {
      report(0)
      try {
        // An image that can't be taken (an older server, a damaged file) leaves everything as it was.
        if (merge) await takeRows(seq, true)
        else await takeImage(seq).catch(() => takeRows(seq, false))
        return true
      } catch {
        return false
      } finally {
        progress = null
        db.committed({ rows: [], all: true })
      }
    },
  }
}

async function* readChunks(response: Response, report: (bytes: number) => void): AsyncIterable<Uint8Array> {
  const reader = response.body!.getReader()
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    bytes += value.length
    report(bytes)
    yield value
  }
}

const localTables = ['outbox', 'rejected', 'pending_run', 'mutation', 'blob', 'aside', 'aside_change']
const localMeta = ['device', 'space', 'acked', 'acked-clock', 'clock', 'confirmed', 'offset', 'aside-build'] as const

/** Checks an image, and brings into it what only this device has: its local tables, and the changes that wait, applied anew. */
function carryOver(db: LocalDatabase, next: SqlDriver): void {
  if (readPragma(next, 'application_id') !== replicaApplicationId) fail('internal', 'the image is not a replica')
  if (Number(readPragma(next, 'user_version')) > replicaMigrations.length || !migrateReplica(next)) fail('upgrade_required', 'the image is newer than this app')
  if (readPragma(next, 'quick_check') !== 'ok') fail('internal', 'the image is damaged')
  const cursor = readMeta(next, 'cursor')
  const epoch = readMeta(next, 'epoch')
  if (cursor === null || epoch === null) fail('internal', 'the image does not say where it stands')
  for (const driver of [db.driver, next]) createAsideTables(driver)
  createThreadPlaces(next)
  next.transaction(() => {
    for (const table of localTables) {
      const rows = db.driver.all(`select * from ${table}`)
      const columns = Object.keys(rows[0] ?? {})
      next.run(`delete from ${table}`)
      if (rows.length === 0) continue
      const values = columns.map((_, i) => `value ->> ${i}`).join(', ')
      next.run(`insert into ${table} (${columns.join(', ')}) select ${values} from json_each(?)`, [JSON.stringify(rows.map((row) => columns.map((name) => row[name])))])
    }
    boundRows(next)
    keepOwnRows(db, next)
    const waiting = [...readWholeOutbox(next), ...listRejected(next)]
    for (const change of waiting) {
      const row = readEntities(next, change.t, [change.k]).get(change.k)
      const isThere = row && Object.keys(change.c).some((column) => slotClock(row, slotOf(change.t, column)) === change.h)
      if (isThere) next.run('delete from outbox where n = ? and h = ?', [change.n, change.h])
    }
    // Before what waits is merged: none of that is confirmed, and a clock in it may be far ahead.
    const highest = highestInFile(next)
    mergeInto({ driver: next }, waiting)
    // Rows that could not be read here may have come whole.
    returnRows(next)
    for (const name of localMeta) writeMeta(next, { [name]: readMeta(db.driver, name) })
    for (const { name, value } of listHeldDrafts(db.driver)) next.run('insert into meta (name, value) values (?, ?)', [name, value])
    const confirmed = (readMeta(db.driver, 'confirmed') ?? noClock) as Clock
    writeMeta(next, { epoch, cursor, mark: null, restoring: null, ready: 1, clock: maxClock(db.clock(), highest), confirmed: maxClock(confirmed, highest) })
  })
}

/** The image leaves out what the server could not read: what this device has of it stays. */
function keepOwnRows(db: LocalDatabase, next: SqlDriver): void {
  const text = next.get<{ value: string }>('select value from meta where name = ?', ['aside'])?.value
  const named = text === undefined ? [] : z.array(asideKeySchema).parse(JSON.parse(text))
  next.run('delete from meta where name = ?', ['aside'])
  const aside = readAsideIds(next)
  for (const { t, k } of named) {
    if (!isTableName(t) || aside.has(keyId(t, k))) continue
    const row = readEntities(db.driver, t, [k]).get(k)
    if (row) mergeInto({ driver: next }, entityToChanges(t, k, row))
  }
}

function highestInFile(driver: SqlDriver): Clock {
  const tables = ['thread', 'message', 'label', 'setting']
  const lowest = tables.map((table) => `select max(h) as h from ${table}`)
  const others = tables.map((table) => `select max(clock.value) as h from ${table}, json_each(case when json_valid(hx) then hx else '{}' end) as clock where hx <> '{}'`)
  return (driver.get<{ h: Clock | null }>(`select max(h) as h from (${[...lowest, ...others].join(' union all ')})`)?.h ?? noClock) as Clock
}
