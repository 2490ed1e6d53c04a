import { createId } from '~/shared/domain/ids'
import type { LoggedChange } from '~/shared/sync/change'
import type { LocalChange } from '~/workers/database/local-write'
import type { Random } from '../random'
import type { Device } from './device'
import type { SimulatedSpace } from './server'

/** What people do, and what the server answers: each write carries a token that is found nowhere else, so that it can be looked for. */
export function createOperations(random: Random) {
  let count = 0
  const token = () => `token-${++count}`
  /** Tokens by the device that wrote them, in order. */
  const written: { token: string, device: Device, life: number }[] = []

  const rows = (device: Device, sql: string) => device.db.driver.all<Record<string, string>>(sql)
  const cell = (status: string, text: string) => ({ status, parts: text === '' ? [] : [{ type: 'text', text }], usage: null, error: null })

  function write(device: Device, mark: string, changes: LocalChange[]) {
    device.write(changes)
    written.push({ token: mark, device, life: device.rollbacks() })
  }

  function send(device: Device) {
    const mark = token()
    const threads = rows(device, 'select id from thread')
    const isNew = threads.length === 0 || random.chance(0.3)
    const thread = isNew ? createId(device.now(), random.bytes) : random.pick(threads).id!
    const before = rows(device, `select id from message where thread = '${thread}'`)
    const message = createId(device.now(), random.bytes)
    const shared = { thread, deleted: 0, created_at: device.now(), model: null }
    write(device, mark, [
      ...(isNew ? [{ t: 'thread' as const, k: thread, c: { title: `thread of ${mark}`, pinned: 0, archived: 0, deleted: 0, created_at: device.now() } }] : []),
      { t: 'message', k: message, c: { ...shared, parent: before.length > 0 ? random.pick(before).id! : null, role: 'user', run: null, ...cell('final', mark) } },
      { t: 'message', k: createId(device.now(), random.bytes), c: { ...shared, parent: message, role: 'assistant', run: createId(device.now(), random.bytes), ...cell('queued', '') } },
    ])
  }

  function change(device: Device) {
    const threads = rows(device, 'select id from thread')
    const messages = rows(device, `select id, status, deleted from message`)
    const mark = token()
    const thread = threads.length > 0 ? random.pick(threads).id! : 'thread-zero'
    const message = messages.length > 0 ? random.pick(messages) : undefined
    const unfinished = messages.filter(({ status }) => status === 'queued' || status === 'streaming')
    const setting = { t: 'setting' as const, k: random.pick(['theme', 'font', `draft/${thread}`]), c: { value: random.pick<LocalChange['c'][string]>([mark, { mark }, [1, mark]]) } }
    switch (random.below(7)) {
      case 0: return write(device, mark, [{ t: 'thread', k: thread, c: { title: mark } }])
      case 1: return write(device, mark, [setting, { t: 'thread', k: thread, c: { pinned: random.below(2), archived: random.below(2) } }])
      case 2: return write(device, mark, [setting, { t: 'label', k: `${thread}:work`, c: { thread, name: 'work', on: random.below(2) } }])
      case 3: return message && write(device, mark, [setting, { t: 'message', k: message.id!, c: { deleted: random.below(2) } }])
      // Stopping a reply before the server has begun it: a terminal cell from a device.
      case 4: return unfinished.length > 0 && write(device, mark, [{ t: 'message', k: random.pick(unfinished).id!, c: cell('stopped', mark) }])
      case 5: return unfinished.length > 0 && write(device, mark, [{ t: 'message', k: random.pick(unfinished).id!, c: cell('queued', mark) }])
      default: return write(device, mark, [setting])
    }
  }

  /** The server goes on with a reply it knows, or ends it; once ended by the server it is never touched again. */
  async function reply(space: SimulatedSpace) {
    const open = (await space.entities()).filter(({ table, entity }) => table === 'message' && (entity.columns.status === 'queued' || entity.columns.status === 'streaming'))
    if (open.length === 0) return
    const { key } = random.pick(open)
    const mark = token()
    const changes: { t: 'message', k: string, c: LoggedChange['c'] }[] = [{ t: 'message', k: key, c: cell(random.pick(['streaming', 'final', 'final', 'interrupted']), mark) }]
    await space.write(changes)
  }

  return { send, change, reply, written }
}
