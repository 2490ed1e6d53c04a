import { createDeviceId, createId, type MessageId, type RunId, type ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Part } from '~/shared/domain/part'
import { createLiveQueries } from '~/workers/database/live-queries'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { mutate } from '~/workers/database/mutations/all'
import { openDatabase, type LocalDatabase } from '~/workers/database/open'
import type { QueryAnswer, QueryName, QuerySources } from '~/workers/database/queries/query'
import { queryHandlers } from '~/workers/database/queries/all'
import { midnightBefore } from '~/shared/domain/day-groups'
import type { StorageState, SyncState } from '~/workers/api'
import { createRandom } from '../sync/random'

export const startOfTime = 1_800_000_000_000

/** A device's database in memory, with what the queries read besides it, and a clock that the test moves. */
export async function createReplica({ seed = 1, image }: { seed?: number, image?: Uint8Array } = {}) {
  const random = createRandom(seed)
  const time = { now: startOfTime }
  const db: LocalDatabase = openDatabase(await createMemoryDriver(image), { deviceId: createDeviceId(random.bytes), now: () => time.now, randomBytes: random.bytes })
  const world = { hasKey: true, names: new Map<string, string>() }
  const sources: QuerySources = {
    db,
    sync: (): SyncState => ({
      state: 'local-only', error: null, outgoing: 0, rejected: 0, progress: null, deviceId: db.deviceId, deviceName: 'test', spaceId: null, tokenId: null, claimNeeded: false,
    }),
    storage: (): StorageState => ({ mode: 'memory', used: 0, quota: 0, persisted: false, databaseBytes: 0 }),
    hasKey: () => world.hasKey,
    deviceName: (id) => world.names.get(id) ?? null,
  }
  const newId = () => createId(time.now++, random.bytes)
  const stamp = () => ({ mutation: newId(), at: time.now })

  /** One send as the composer makes it. */
  function send(text: string, options: { thread?: ThreadId, parent?: MessageId | null, replaces?: MessageId, model?: string } = {}) {
    const thread = options.thread ?? newId() as ThreadId
    const message = newId() as MessageId
    const reply = newId() as MessageId
    const run = newId() as RunId
    const parts: Part[] = [{ type: 'text', text }]
    mutate(db, 'send', {
      ...stamp(), thread,
      ...(options.thread ? {} : { newThread: { title: text, model: null, system_prompt: null } }),
      message: { id: message, parent: options.parent ?? null, parts },
      reply: { id: reply, run, parent: message },
      ...(options.replaces ? { replaces: options.replaces } : {}),
      options: { model: options.model ?? 'fake/echo' },
    })
    return { thread, message, reply, run }
  }

  const ask = <Q extends QueryName>(name: Q, params: Parameters<(typeof queryHandlers)[Q]['run']>[1]): QueryAnswer<Q> =>
    (queryHandlers[name] as { run(sources: QuerySources, params: unknown): QueryAnswer<Q> }).run(sources, params)

  /** A list of threads from its start. */
  const list = (name: 'open' | 'archived' = 'open') => ask('thread-window', { list: name, today: midnightBefore(time.now), offset: 0, limit: 100, keep: null }).rows
  const live = () => createLiveQueries(sources, (run) => {
    const handle = setImmediate(run)
    return () => clearImmediate(handle)
  })
  const messagesOf = (thread: ThreadId): Message[] => ask('messages', { thread }).messages
  const outbox = () => db.driver.all<{ n: number, t: string, k: string, c: string }>('select n, t, k, c from outbox order by n')
    .map(({ n, t, k, c }) => ({ n, t, k, c: JSON.parse(c) as Record<string, unknown> }))

  return { db, sources, world, time, newId, stamp, send, ask, list, live, messagesOf, outbox }
}
export type Replica = Awaited<ReturnType<typeof createReplica>>
