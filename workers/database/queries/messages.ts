import type { ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Pending } from '../../api'
import type { LocalDatabase, Touched } from '../open'
import { pendingOfReply } from '../pending-run'
import { deviceThatSends } from '../waits-elsewhere'
import { touchesLocal, touchesTable, type Query, type QuerySources } from './query'
import { rowToMessage } from './rows'

/**
 * Whom a queued reply waits for: this device while its `pending_run` stands, else the device whose clock is on the placeholder.
 * One of our own without a `pending_run` waits for nobody: the server has it.
 */
export function whomItWaitsFor(sources: QuerySources, message: Pick<Message, 'id' | 'run'>): Pending | undefined {
  const { db } = sources
  if (!message.run) return undefined
  const reply = { reply: message.id, run: message.run }
  if (pendingOfReply(db.driver, message.id)) return { ...reply, here: true, device: null, needsKey: !sources.hasKey() }
  const device = deviceThatSends(db, message.id)
  if (device === null) return undefined
  return { ...reply, here: false, device: sources.deviceName(device), needsKey: false }
}

/** Whether a commit was about messages of a thread, or about sends. */
export function touchesThread(touched: Touched, db: LocalDatabase, thread: ThreadId): boolean {
  if (touchesLocal(touched, 'pending_run')) return true
  if (!touchesTable(touched, 'message')) return false
  if (touched.all) return true
  const keys = touched.rows.filter(({ table }) => table === 'message').map(({ key }) => key)
  return db.driver.get('select 1 as found from message where id in (select value from json_each(?)) and thread = ? limit 1', [JSON.stringify(keys), thread]) !== undefined
}

export const messages: Query<'messages'> = {
  run(sources, { thread }) {
    const rows = sources.db.driver.all('select * from message where thread = ? order by created_at, id', [thread])
    const messages = rows.map((row) => rowToMessage(sources.db.driver, row)).filter((message) => message !== undefined)
    const pending = messages.filter((message) => message.status === 'queued' && !message.deleted)
      .map((message) => whomItWaitsFor(sources, message)).filter((entry) => entry !== undefined)
    return { messages, pending }
  },
  touchedBy: (touched, { db }, { thread }) => touchesThread(touched, db, thread),
  signals: ['key', 'devices'],
}
