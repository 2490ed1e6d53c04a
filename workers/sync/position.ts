import { readPosition, writeMeta } from '~/workers/database/meta'
import type { LocalDatabase } from '~/workers/database/open'
import { acknowledge, readChange, renumberOutbox } from '~/workers/database/outbox'

/** What the server says of this device, in `welcome` and on each page. */
export interface ServerPosition { epoch: string | null, head: number, upto: number, uptoClock: string | null }

/**
 * How the server's word compares with the device's own record:
 * `same`; `unknown`: it holds changes whose acknowledgement never came; `rolled-back`: it holds changes that this file does not know,
 * so the file went back in time; `restored`: it lacks what it had acknowledged, so the server went back in time.
 */
export type Comparison = 'same' | 'unknown' | 'rolled-back' | 'restored'

export function comparePosition(db: LocalDatabase, server: ServerPosition): Comparison {
  const own = readPosition(db.driver)
  if (own.epoch !== null && server.epoch !== null && own.epoch !== server.epoch) return 'restored'
  if (server.head < own.cursor || server.upto < own.acked) return 'restored'
  if (own.restoring) return 'unknown'
  if (server.upto === own.acked) return server.upto === 0 || server.uptoClock === own.ackedClock ? 'same' : 'rolled-back'
  return readChange(db.driver, server.upto)?.h === server.uptoClock ? 'unknown' : 'rolled-back'
}

/** What a seeded fault does instead of comparing: the number alone is believed. */
export function believeUpto(db: LocalDatabase, upto: number): 'behind' {
  db.driver.transaction(() => acknowledge(db.driver, upto))
  return 'behind'
}

/**
 * The log has been read to its end, so every change of this device that is in it has left the outbox. What remains is not on the server,
 * whatever number it bears: it goes behind the last one the server has.
 */
export function settleOutbox(db: LocalDatabase, { upto, uptoClock }: Pick<ServerPosition, 'upto' | 'uptoClock'>): void {
  db.driver.transaction(() => {
    renumberOutbox(db.driver, upto + 1)
    writeMeta(db.driver, { 'acked': upto, 'acked-clock': uptoClock })
  })
}

/** Whether the outbox can be pushed: it begins right after the last acknowledged change. */
export const isContiguous = (db: LocalDatabase, first: number): boolean => first === readPosition(db.driver).acked + 1

