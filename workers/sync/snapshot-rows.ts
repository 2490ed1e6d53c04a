import { fail } from '~/shared/errors'
import type { z } from 'zod'
import { boundColumns } from '~/shared/domain/bounds'
import type { AsideKey } from '~/shared/protocol/aside'
import { snapshotEndSchema, snapshotHeadSchema, snapshotRowSchema } from '~/shared/protocol/snapshot'
import { schemaVersion } from '~/shared/protocol/version'
import type { JsonValue } from '~/shared/domain/text'
import { maxClock, noClock, type Clock } from '~/shared/sync/clock'
import { entityToChanges, highestClock, type Entity } from '~/shared/sync/merge'
import { isTableName, tableNames, tables, type TableName } from '~/shared/sync/tables'
import { createAsideTables, orAside } from '~/workers/database/aside'
import { mergeInto } from '~/workers/database/local-write'
import { readMeta, readPosition, writeMeta } from '~/workers/database/meta'
import type { LocalDatabase } from '~/workers/database/open'
import { inSavepoint } from '~/workers/database/savepoint'

const rowsAtOnce = 1_000

interface RowsOptions {
  /** Rows that the server does not have stay: it is being restored from them. Else they go, unless something of them waits to be sent. */
  keepOwn: boolean
  pause(): Promise<void>
  report(share: number): void
}

/** Merges a state that comes row by row into the file, and moves the cursor to where it stands. What was cut off changes rows, but not the cursor. */
export async function mergeRows(db: LocalDatabase, chunks: AsyncIterable<Uint8Array>, { keepOwn, pause, report }: RowsOptions): Promise<void> {
  let head: z.infer<typeof snapshotHeadSchema> | null = null
  let isWhole = false
  /** What the server keeps aside: what this device has of it stays. */
  let aside: AsideKey[] = []
  let count = 0
  let highest: Clock = noClock
  let rows: { t: TableName, k: string, entity: Entity }[] = []
  if (!keepOwn) db.driver.run('delete from held')

  function write() {
    const changes = rows.flatMap(({ t, k, entity }) => entityToChanges(t, k, entity))
    db.driver.transaction(() => {
      mergeInto(db, changes)
      db.driver.run('insert or ignore into held (t, k, h) select value ->> 0, value ->> 1, value ->> 2 from json_each(?)', [
        JSON.stringify(changes.map(({ t, k, h }) => [t, k, h])),
      ])
    }, { sync: 'normal' })
    highest = rows.reduce((clock, { entity }) => maxClock(clock, highestClock(entity)), highest)
    rows = []
  }

  for await (const line of readLines(chunks)) {
    const value: unknown = JSON.parse(line)
    if (!head) {
      head = snapshotHeadSchema.parse(value)
      if (head.schema > schemaVersion) fail('upgrade_required', 'the state is newer than this app')
      continue
    }
    const row = snapshotRowSchema.safeParse(value)
    if (!row.success) {
      const end = snapshotEndSchema.parse(value)
      isWhole = end.rows === count
      aside = end.aside ?? []
      continue
    }
    count++
    const { t, k, c, h, hx } = row.data
    if (isTableName(t)) rows.push({ t, k, entity: { columns: boundColumns(c as Record<string, JsonValue>), h: h as Clock, hx: hx as Record<string, Clock> } })
    if (rows.length < rowsAtOnce) continue
    write()
    report(head.rows > 0 ? count / head.rows : 0)
    await pause()
  }
  write()
  if (!head || !isWhole) fail('internal', 'the state was cut off')
  const { seq, epoch } = head
  db.driver.transaction(() => {
    if (!keepOwn) dropUnknown(db, aside)
    db.observe(highest)
    const confirmed = maxClock(highest, (readMeta(db.driver, 'confirmed') ?? noClock) as Clock)
    writeMeta(db.driver, { epoch, cursor: seq, mark: null, clock: db.clock(), confirmed })
    if (!readPosition(db.driver).restoring) db.driver.run('delete from held')
  })
}

/** A row that the server has no more was deleted long ago. One that cannot be deleted, since its index cannot read it, is set aside. */
function dropUnknown({ driver }: LocalDatabase, aside: readonly AsideKey[]): void {
  createAsideTables(driver)
  const kept = JSON.stringify(aside.map(({ t, k }) => [t, k]))
  for (const table of tableNames) {
    const { key } = tables[table]
    const unknown = driver.all<{ k: string }>(
      `select ${key} as k from ${table} where not exists (select 1 from held where held.t = ?1 and held.k = ${table}.${key})
        and ${key} not in (select k from outbox where t = ?1) and ${key} not in (select k from rejected where t = ?1)
        and ${key} not in (select k from aside where t = ?1)
        and ${key} not in (select value ->> 1 from json_each(?2) where value ->> 0 = ?1)`,
      [table, kept],
    )
    for (const { k } of unknown) orAside(driver, table, k, () => inSavepoint(driver, () => driver.run(`delete from ${table} where ${key} = ?`, [k])))
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
  if (rest !== '') yield rest
}
