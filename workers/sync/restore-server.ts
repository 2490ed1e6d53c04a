import { boundColumns } from '~/shared/domain/bounds'
import { entityToChanges } from '~/shared/sync/merge'
import { tableNames, tables } from '~/shared/sync/tables'
import { orAside } from '~/workers/database/aside'
import { foldOutgoing } from '~/workers/database/bound-rows'
import type { SqlRow } from '~/workers/database/driver'
import { rowToEntity } from '~/workers/database/entities'
import { writeMeta } from '~/workers/database/meta'
import type { LocalDatabase } from '~/workers/database/open'
import { countOutbox, renumberOutbox } from '~/workers/database/outbox'
import type { ServerPosition } from './position'

const rowsAtOnce = 500

/**
 * The server went back in time (I12). Its log is read again from the start, noting what it holds; then everything else this device has goes
 * back to it, with its old clocks. The highest clock that was confirmed is of the history that is gone: what is stamped after it, the
 * server might not take. Each step is kept in the file, so that it may be interrupted anywhere.
 */
export function beginRestore(db: LocalDatabase, { epoch, upto, uptoClock }: ServerPosition): void {
  db.driver.transaction(() => {
    db.driver.exec('delete from held; delete from resend')
    writeMeta(db.driver, { ...(epoch === null ? {} : { epoch }), 'cursor': 0, 'mark': null, 'restoring': 1, 'confirmed': null, 'acked': upto, 'acked-clock': uptoClock })
  })
}

/** Gathers what the server lacks, the log having been read to its end. `pause` lets others run every 200 ms and says whether to go on. */
export async function gatherResend(db: LocalDatabase, pause: () => Promise<boolean>): Promise<void> {
  db.driver.run('delete from resend')
  for (const table of tableNames) {
    const { key } = tables[table]
    for (let last = ''; ;) {
      const rows = db.driver.all<SqlRow>(`select * from ${table} where ${key} > ? order by ${key} limit ${rowsAtOnce}`, [last])
      if (rows.length === 0) break
      last = String(rows.at(-1)![key])
      // What is deeper than the server takes would come back refused; what is sent and what stays here must be the same.
      const found = rows.flatMap((row) => {
        const k = String(row[key])
        const entity = orAside(db.driver, table, k, () => rowToEntity(table, row))
        return entity ? entityToChanges(table, k, entity) : []
      })
      foldOutgoing(db.driver, found)
      const changes = found.map((change) => ({ ...change, c: boundColumns(change.c) }))
      db.driver.transaction(() => db.driver.run(
        `insert or ignore into resend (h, t, k, c)
          select value ->> 0 as h, value ->> 1 as t, value ->> 2 as k, value ->> 3 as c from json_each(?) as row
          where not exists (select 1 from held where held.t = row.value ->> 1 and held.k = row.value ->> 2 and held.h = row.value ->> 0)
            and not exists (select 1 from outbox where outbox.h = row.value ->> 0 and outbox.t = row.value ->> 1 and outbox.k = row.value ->> 2)
            and not exists (select 1 from rejected where rejected.h = row.value ->> 0 and rejected.t = row.value ->> 1 and rejected.k = row.value ->> 2)`,
        [JSON.stringify(changes.map(({ t, k, h, c }) => [h, t, k, JSON.stringify(c)]))],
      ), { sync: 'normal' })
      if (!await pause()) return
    }
  }
}

/** Puts what was gathered before whatever else waits: older rows first, so that a parent goes before its child (I11). Returns how many changes go back. */
export function finishRestore(db: LocalDatabase, { upto, uptoClock }: Pick<ServerPosition, 'upto' | 'uptoClock'>): number {
  return db.driver.transaction(() => {
    const before = countOutbox(db.driver).outgoing
    const count = db.driver.get<{ count: number }>('select count(*) as count from resend')!.count
    renumberOutbox(db.driver, upto + count + 1)
    db.driver.run('insert into outbox (n, t, k, h, c) select ? + row_number() over (order by h, t, k), t, k, h, c from resend', [upto])
    db.driver.exec('delete from resend; delete from held')
    writeMeta(db.driver, { 'restoring': null, 'acked': upto, 'acked-clock': uptoClock })
    return countOutbox(db.driver).outgoing - before
  })
}
