import type { ClockSkew } from '~/shared/protocol/push-ack'
import { limits } from '~/shared/limits'
import type { Change } from '~/shared/sync/change'
import { clockTime, maxClock, nextClock, noClock, type Clock } from '~/shared/sync/clock'
import { replaceClock } from '~/shared/sync/merge'
import { readEntities, writeEntities } from '~/workers/database/entities'
import { readMeta, writeMeta } from '~/workers/database/meta'
import type { LocalDatabase, Touched } from '~/workers/database/open'
import { listRejected, readWholeOutbox } from '~/workers/database/outbox'
import type { SyncFaults } from './ports'

/**
 * The server refused a push because a clock in it is more than 60 s ahead of `now` (sync.md §3). Walks what waits, in order: a clock inside
 * the bound stays and raises the running clock, one ahead becomes the next after now, the highest the server holds, and the running one, in the
 * outbox and in the row. Everything in one transaction; the device's own clock then stands where the file stands.
 */
export function guardClock(db: LocalDatabase, { now }: Pick<ClockSkew, 'now'>, faults: SyncFaults = {}): Touched {
  const touched: Touched['rows'] = []
  db.driver.transaction(() => {
    let running = maxClock((readMeta(db.driver, 'confirmed') ?? noClock) as Clock, (readMeta(db.driver, 'acked-clock') ?? noClock) as Clock)
    const restamp = (table: 'outbox' | 'rejected', change: Change) => {
      if (clockTime(change.h) <= now + limits.clockAheadMs && !faults.restampEverything) {
        running = maxClock(running, change.h)
        return
      }
      running = nextClock(now, running, db.writer)
      db.driver.run(`update ${table} set h = ? where n = ?`, [running, change.n])
      const before = readEntities(db.driver, change.t, [change.k]).get(change.k)
      const after = before && replaceClock(change.t, before, change.h, running)
      if (!after || after === before) return
      writeEntities(db.driver, change.t, new Map([[change.k, after]]))
      touched.push({ table: change.t, key: change.k })
    }
    for (const change of listRejected(db.driver)) restamp('rejected', change)
    for (const change of readWholeOutbox(db.driver)) restamp('outbox', change)
    db.resetClock(running)
    writeMeta(db.driver, { clock: running })
  })
  return { rows: touched, local: ['outbox'] }
}
