import type { MessageId } from '~/shared/domain/ids'
import { clockDevice } from '~/shared/sync/clock'
import { slotClock } from '~/shared/sync/merge'
import { cellSlot } from '~/shared/sync/tables'
import { readEntities } from './entities'
import type { LocalDatabase } from './open'
import { pendingOfReply, type PendingRun } from './pending-run'
import { readMessage } from './queries/rows'

/** The device that a queued reply waits for when it is another one: whoever wrote the placeholder. Null for our own, and once the server has it. */
export function deviceThatSends(db: LocalDatabase, reply: MessageId): string | null {
  if (pendingOfReply(db.driver, reply)) return null
  const entity = readEntities(db.driver, 'message', [reply]).get(reply)
  const device = entity ? clockDevice(slotClock(entity, cellSlot)) : ''
  return device === '' || device === db.deviceId || device === 'server' ? null : device
}

/**
 * What another device is about to send, as far as its rows tell. A message and its reply that carry the same time were written by one
 * send. That device may be sending it at this moment, so it counts as tried.
 */
export function readSendElsewhere(db: LocalDatabase, reply: MessageId): Omit<PendingRun, 'options' | 'attempts'> | undefined {
  const placeholder = readMessage(db.driver, reply)
  if (!placeholder || placeholder.deleted || placeholder.status !== 'queued' || deviceThatSends(db, reply) === null) return undefined
  const { run, thread, parent, created_at: at } = placeholder
  if (!run || !parent) return undefined
  const question = readMessage(db.driver, parent)
  const others = db.driver.get('select 1 as found from message where parent = ? and id <> ? and deleted is not 1 limit 1', [parent, reply])
  const wrote = question?.role === 'user' && question.created_at === at && others === undefined ? question.id : null
  return { run, thread, message: reply, parent, wrote, tried: true }
}
