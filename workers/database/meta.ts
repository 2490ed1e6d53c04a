import type { Clock } from '~/shared/sync/clock'
import { noClock } from '~/shared/sync/clock'
import type { SqlDriver } from './driver'

/** What the file knows of itself, one row each, stored as text. */
type MetaName =
  /** The device that writes this file, and the space it belongs to; no space until it is paired. */
  | 'device' | 'space'
  /** The server's epoch, the last sequence number applied, and which change stood there (`device n h`). */
  | 'epoch' | 'cursor' | 'mark'
  /** The last acknowledged `n` and the clock of that change. */
  | 'acked' | 'acked-clock'
  /** The highest clock in the file, and the highest one that the server is known to hold. */
  | 'clock' | 'confirmed'
  /** Server time minus ours, in ms. */
  | 'offset'
  /** The number of a change after which a row may differ from the server's, until they have been compared. */
  | 'doubt'
  /** Set while the rows are on their way back to a restored server: from which sequence number on the log is read again. */
  | 'restoring'
  /** The image this file came from was taken over whole. */
  | 'ready'
  /** What earlier builds wrote too deep has been folded. */
  | 'bounded'
  /** The build that last tried what is aside. */
  | 'aside-build'
  /** Set at a clean close, cleared at the next start. */
  | 'closed'

export function readMeta(driver: SqlDriver, name: MetaName): string | null {
  return driver.get<{ value: string }>('select value from meta where name = ?', [name])?.value ?? null
}

/** Null removes. */
export function writeMeta(driver: SqlDriver, values: Partial<Record<MetaName, string | number | null>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) driver.run('delete from meta where name = ?', [name])
    else driver.run('insert into meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value', [name, String(value)])
  }
}

/** Where this device stands in the server's log. */
export interface Position { epoch: string | null, cursor: number, mark: string | null, acked: number, ackedClock: Clock, restoring: boolean }

export function readPosition(driver: SqlDriver): Position {
  return {
    epoch: readMeta(driver, 'epoch'),
    cursor: Number(readMeta(driver, 'cursor') ?? 0),
    mark: readMeta(driver, 'mark'),
    acked: Number(readMeta(driver, 'acked') ?? 0),
    ackedClock: (readMeta(driver, 'acked-clock') ?? noClock) as Clock,
    restoring: readMeta(driver, 'restoring') !== null,
  }
}
