import type { JsonValue } from '../domain/text'
import { isTerminal } from '../domain/message'
import type { Change } from './change'
import { clockWriter, noClock, type Clock } from './clock'
import { cellSlot, slotOf, slotsOf, type TableName } from './tables'

/**
 * A merged row: its columns, `h` the lowest clock among its slots, `hx` the clock of each slot that differs from `h`
 * (the empty clock for a slot never written). Both sides store exactly this, so equal logs give equal rows (sync.md §1).
 */
export interface Entity {
  columns: Record<string, JsonValue>
  h: Clock
  hx: Record<string, Clock>
}

export const slotClock = (entity: Entity, slot: string): Clock => (Object.hasOwn(entity.hx, slot) ? entity.hx[slot]! : entity.h)

/** 2: terminal, by the server; 1: terminal, by a device; 0: draft. The higher rank wins (sync.md §3). */
function cellRank(status: JsonValue | undefined, clock: Clock): 0 | 1 | 2 {
  if (!isTerminal(typeof status === 'string' ? status : null)) return 0
  return clockWriter(clock) === 'server' ? 2 : 1
}

function cellWins(entity: Entity, change: Change): boolean {
  const clock = slotClock(entity, cellSlot)
  if (clock === noClock) return true
  const rank = cellRank(entity.columns.status, clock)
  const challenger = cellRank(change.c.status, change.h)
  if (challenger !== rank) return challenger > rank
  return rank === 0 ? change.h > clock : change.h < clock
}

/** Applies one change to a row (null: there is none yet). Returns the same object when nothing changes: replay is free (I3). */
export function mergeChange(entity: Entity | null, change: Pick<Change, 't' | 'h' | 'c'>): Entity {
  const before: Entity = entity ?? { columns: {}, h: noClock, hx: {} }
  const won: string[] = []
  let cell: boolean | undefined
  for (const column of Object.keys(change.c)) {
    const slot = slotOf(change.t, column)
    if (slot === cellSlot && change.t === 'message') {
      cell ??= cellWins(before, change as Change)
      if (cell) won.push(column)
    } else if (change.h > slotClock(before, slot)) {
      won.push(column)
    }
  }
  if (won.length === 0) return entity ?? before
  const columns = { ...before.columns }
  const clocks = clocksOf(change.t, before)
  for (const column of won) {
    columns[column] = change.c[column]!
    clocks[slotOf(change.t, column)] = change.h
  }
  return { columns, ...packClocks(clocks) }
}

/** The clock of every slot of a row. */
export function clocksOf(table: TableName, entity: Entity): Record<string, Clock> {
  const clocks: Record<string, Clock> = {}
  for (const slot of slotsOf(table)) clocks[slot] = slotClock(entity, slot)
  return clocks
}

function packClocks(clocks: Record<string, Clock>): { h: Clock, hx: Record<string, Clock> } {
  let h = noClock
  for (const clock of Object.values(clocks)) if (clock !== noClock && (h === noClock || clock < h)) h = clock
  const hx: Record<string, Clock> = {}
  for (const [slot, clock] of Object.entries(clocks)) if (clock !== h) hx[slot] = clock
  return { h, hx }
}

/** A row in which `to` stands wherever `from` stood; the same object if it stood nowhere. For the clock guard, which restamps what was never stored elsewhere. */
export function replaceClock(table: TableName, entity: Entity, from: Clock, to: Clock): Entity {
  const clocks = clocksOf(table, entity)
  const slots = Object.keys(clocks).filter((slot) => clocks[slot] === from)
  if (slots.length === 0) return entity
  for (const slot of slots) clocks[slot] = to
  return { columns: entity.columns, ...packClocks(clocks) }
}

/** The highest clock of a row. */
export function highestClock(entity: Entity): Clock {
  let highest = entity.h
  for (const clock of Object.values(entity.hx)) if (clock > highest) highest = clock
  return highest
}

/** A row as changes again, one per distinct clock: what a device gives back to a restored server (I12). Their `n` is for the caller to give. */
export function entityToChanges(table: TableName, key: string, entity: Entity): Omit<Change, 'n'>[] {
  const byClock = new Map<Clock, Record<string, JsonValue>>()
  for (const [column, value] of Object.entries(entity.columns)) {
    const clock = slotClock(entity, slotOf(table, column))
    if (clock === noClock) continue
    const columns = byClock.get(clock) ?? {}
    columns[column] = value
    byClock.set(clock, columns)
  }
  return [...byClock].sort(([a], [b]) => (a < b ? -1 : 1)).map(([h, c]) => ({ t: table, k: key, h, c }))
}
