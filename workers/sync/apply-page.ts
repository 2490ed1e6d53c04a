import type { LoggedChange, ChangeEnvelope } from '~/shared/sync/change'
import { clockWriter, maxClock, noClock, type Clock } from '~/shared/sync/clock'
import { canonicalJson } from '~/shared/sync/fingerprint'
import { replaceClock } from '~/shared/sync/merge'
import { isTableName } from '~/shared/sync/tables'
import { UnreadableRow } from '~/shared/sync/unreadable'
import { setAside } from '~/workers/database/aside'
import { mergeInto } from '~/workers/database/local-write'
import { readMeta, readPosition, writeMeta } from '~/workers/database/meta'
import type { LocalDatabase, Touched } from '~/workers/database/open'
import { readClock, readColumns, readEntities, writeEntities } from '~/workers/database/entities'
import { listOutgoing, removeLogged } from '~/workers/database/outbox'
import type { SyncFaults } from './ports'

type Envelope = ChangeEnvelope & { seq: number, device: string }
export interface LogPart { from: number, to: number, changes: readonly Envelope[] }

/** What stood at a place of the log: enough to see whether the same log is still there. */
export const toMark = ({ device, n, h }: Pick<Envelope, 'device' | 'n' | 'h'>): string => `${device} ${n} ${h}`

/**
 * Applies a part of the log that begins at or before the cursor + 1: rows, cursor and outbox in one transaction. Null, and nothing done,
 * if there is a hole before it. Replay changes nothing (I3).
 */
export function applyPage(db: LocalDatabase, part: LogPart, faults: SyncFaults = {}): Touched | null {
  const { cursor, restoring } = readPosition(db.driver)
  if (part.from > cursor + 1) return null
  const fresh = part.changes.filter((change) => change.seq > cursor)
  if (part.to <= cursor) return { rows: [] }
  const last = fresh.at(-1)
  const position = { cursor: part.to, ...(last ? { mark: toMark(last) } : {}) }
  if (faults.cursorOutsideTransaction) db.driver.transaction(() => writeMeta(db.driver, position))
  return db.driver.transaction(() => {
    const changes = fresh.map((change) => readOrSetAside(db, change)).filter((change) => change !== null)
    // First, since a row may get a lower clock by it, which others' changes on this page then win over.
    const left = confirmOwn(db, fresh.filter((change): change is LoggedChange => change.device === db.deviceId && isTableName(change.t)))
    const filled = changes.filter(({ c }) => Object.keys(c).length > 0)
    const rows = (faults.mergeInto ?? mergeInto)(db, filled, faults.merge)
    if (restoring) recordHeld(db, changes)
    const highest = changes.reduce((clock, change) => maxClock(clock, change.h), noClock)
    db.observe(highest)
    writeMeta(db.driver, { ...position, clock: db.clock(), confirmed: maxClock(highest, (readMeta(db.driver, 'confirmed') ?? noClock) as Clock) })
    return { rows, ...(left ? { local: ['outbox'] } : {}) }
  }, { sync: 'normal' })
}

/** One's own changes come back in the log: that is an acknowledgement too, and the only one if the answer to the push was lost. */
function confirmOwn(db: LocalDatabase, own: readonly LoggedChange[]): boolean {
  const { acked } = readPosition(db.driver)
  const removed = removeLogged(db.driver, own)
  const known = new Set(removed.map(({ h }) => h))
  removed.push(...own.filter((change) => change.n > acked && !known.has(change.h) && takeRestamped(db, change)))
  const numbers = new Map(own.map((change) => [change.n, change.h]))
  const last = removed.filter(({ n, h }) => numbers.get(n) === h).sort((a, b) => a.n - b.n).at(-1)
  if (last && last.n > acked) writeMeta(db.driver, { 'acked': last.n, 'acked-clock': last.h })
  return removed.length > 0
}

/**
 * A file that went back to before the clock guard holds a change under its old clock that the log has under a lower one: of an earlier
 * opening, saying the same of the same row, whatever its number is by now. The row takes the logged clock, or the change would be sent,
 * and win, a second time.
 */
function takeRestamped(db: LocalDatabase, logged: LoggedChange): boolean {
  const content = canonicalJson(logged.c)
  const own = listOutgoing(db.driver, logged.t, logged.k)
    .find(({ h, c }) => h > logged.h && clockWriter(h) !== db.writer && canonicalJson(c) === content)
  if (!own) return false
  const row = readEntities(db.driver, own.t, [own.k]).get(own.k)
  if (row) writeEntities(db.driver, own.t, new Map([[own.k, replaceClock(own.t, row, own.h, logged.h)]]))
  db.driver.run('delete from outbox where n = ?', [own.n])
  // Others' changes between the two clocks may have lost to the higher one already.
  writeMeta(db.driver, { doubt: own.n })
  return true
}

/** What a restored server turns out to hold need not be sent to it again. */
function recordHeld(db: LocalDatabase, changes: readonly LoggedChange[]): void {
  db.driver.run('insert or ignore into held (t, k, h) select value ->> 0, value ->> 1, value ->> 2 from json_each(?)', [
    JSON.stringify(changes.map(({ t, k, h }) => [t, k, h])),
  ])
}

/** As `readLogged`; a change that cannot be read sets its key aside. */
function readOrSetAside({ driver }: LocalDatabase, change: Envelope): LoggedChange | null {
  try {
    return readLogged(change)
  } catch (cause) {
    if (!(cause instanceof UnreadableRow)) throw cause
    setAside(driver, change, cause, { changes: [change] })
    return null
  }
}

/**
 * A logged change as this build understands it: tables and columns it does not know are left out, and what the server kept aside comes without
 * any. Throws `UnreadableRow` for a value of the wrong type.
 */
export function readLogged(change: Envelope): LoggedChange | null {
  const { t, h, k, n, seq, device } = change
  if (!isTableName(t)) return null
  return { n, t, k, h: readClock(h), c: readColumns(t, change.c), seq, device }
}
