import 'fake-indexeddb/auto'
import { randomBytes, webcrypto } from 'node:crypto'
import { WebSocket as NodeWebSocket } from 'ws'
import { createId, type MessageId, type RunId, type ThreadId } from '~/shared/domain/ids'
import { appendDeltas, partsToText, type Part } from '~/shared/domain/part'
import type { CallAnswer, CallName, CallRequest, EventName, EventPayload, QueryAnswer, QueryName, QueryParams } from '~/workers/api'
import { createIndexedFiles } from '~/workers/blobs/indexed-files'
import { openLeader, type Leader } from '~/workers/leader'
import { createOpenRouterKey } from '~/workers/secrets/openrouter-key'
import { openSecretsDatabase } from '~/workers/secrets/store'
import { openSyncSocket } from '~/workers/sync/socket'
import type { Emit } from '~/workers/tabs/tab'
import { scheduleByTimer } from '~/workers/tabs/schedule'
import { createDisk } from './disk'

// Node has a WebSocket of its own from 22 on.
globalThis.WebSocket ??= NodeWebSocket as unknown as typeof WebSocket

type Fault = (path: string, send: () => Promise<Response>) => Promise<Response>
let devices = 0

interface DeviceOptions {
  name?: string
  /** A proxy lets no socket through. Timers run twenty times as fast, so that the patience with sockets is soon over. */
  blocksSockets?: boolean
}

/** A device without its pages: the real leader against a real server, over a network that the test can take away. */
export async function createDevice(url: string, { name = 'Device', blocksSockets = false }: DeviceOptions = {}) {
  const id = `device-${process.pid}-${++devices}`
  const disk = createDisk()
  const secrets = openSecretsDatabase(id)
  const openrouterKey = createOpenRouterKey(secrets, webcrypto as Crypto, Date.now)
  const network: { up: boolean, fault: Fault | null } = { up: true, fault: null }
  const events: { name: EventName, payload: unknown }[] = []
  let leader: Leader

  const emit: Emit = (event, payload) => {
    events.push({ name: event, payload })
    leader?.heard(event)
  }
  const throughNetwork: typeof fetch = (input, init) => {
    const send = () => fetch(input, init)
    if (!network.up) return Promise.reject(new TypeError('no network'))
    return network.fault ? network.fault(new URL(String(input)).pathname, send) : send()
  }
  const sockets = new Set<{ drop(): void }>()

  const open = async () => {
    leader = await openLeader({
      secrets, openrouterKey, emit, deviceName: name, now: Date.now, random: Math.random, randomBytes: (length) => randomBytes(length),
      schedule: blocksSockets ? (work, ms) => scheduleByTimer(work, ms / 20) : scheduleByTimer,
      fetch: throughNetwork, origin: url, estimates: undefined, blobFiles: createIndexedFiles(`${id}-files`, Date.now), resign: () => void restart(),
      openStorage: (file) => disk.open(id, file), closedFiles: disk.closedFiles,
      openSocket(listener, token) {
        if (blocksSockets) return { send() {}, reconnect() {}, close() {} }
        const socket = openSyncSocket(`${url.replace(/^http/, 'ws')}/sync`)({
          ...listener,
          onOpen: () => (network.up ? listener.onOpen() : socket.reconnect()),
          onMessage: (text) => network.up && listener.onMessage(text),
        }, token)
        sockets.add({ drop: () => socket.reconnect() })
        return { ...socket, send: (text) => network.up && socket.send(text) }
      },
    })
  }
  /** Closes the worker and opens the next one on the same file. */
  let restarting = Promise.resolve()
  let restarts = 0
  function restart() {
    restarts++
    restarting = Promise.resolve(leader.close()).then(open)
    return restarting
  }
  await open()

  async function call<N extends CallName>(callName: N, request: CallRequest<N>): Promise<CallAnswer<N>> {
    const answer = await leader.call(callName, request)
    if (!answer.ok) throw new Error(`${callName}: ${answer.error.code} ${answer.error.message}`)
    return answer.value as CallAnswer<N>
  }
  /** Waits until a query's answer is as expected. */
  function see<Q extends QueryName>(query: Q, params: QueryParams<Q>, expected: (answer: QueryAnswer<Q>) => boolean): Promise<QueryAnswer<Q>> {
    return new Promise((resolve, reject) => {
      const end = leader.watch(query, params, (answer) => {
        if (!expected(answer as QueryAnswer<Q>)) return
        setImmediate(() => end())
        resolve(answer as QueryAnswer<Q>)
      }, reject)
    })
  }

  const newId = () => createId(Date.now(), randomBytes)
  const stamp = () => ({ mutation: newId(), at: Date.now() })
  return {
    network, events, call, see, stamp, restart, newId,
    /** After the leader gave up its term by itself. */
    async restarted(before = restarts) {
      while (restarts === before) await new Promise((resolve) => setTimeout(resolve, 2))
      await restarting
    },
    tryCall: <N extends CallName>(callName: N, request: CallRequest<N>) => leader.call(callName, request),
    heard: <E extends EventName>(event: E) => events.filter((entry) => entry.name === event).map((entry) => entry.payload as EventPayload<E>),
    driver: () => disk.driver()!,
    async saveKey(key = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`) {
      await openrouterKey.save(key)
      emit('secrets-changed', { connected: true })
    },
    synced: () => see('sync', {}, ({ state, outgoing }) => state === 'synced' && outgoing === 0),
    /** One send in a new thread, or in a thread that is there. */
    async send(text: string, options: { thread?: ThreadId, parent?: MessageId, model?: string, replaces?: MessageId, continueFrom?: string } = {}) {
      const sent = { thread: options.thread ?? newId() as ThreadId, message: newId() as MessageId, reply: newId() as MessageId, run: newId() as RunId }
      await call('send', {
        ...stamp(), thread: sent.thread,
        ...(options.thread ? {} : { newThread: { title: text, model: null, system_prompt: null } }),
        ...(options.replaces ? { replaces: options.replaces } : {}),
        message: { id: sent.message, parent: options.parent ?? null, parts: [{ type: 'text', text }] },
        reply: { id: sent.reply, run: sent.run, parent: sent.message },
        options: { model: options.model ?? 'fake/echo', ...(options.continueFrom ? { continueFrom: options.continueFrom } : {}) },
      })
      return sent
    },
    /** The reply's row once it has ended. */
    async ended({ thread, reply }: { thread: ThreadId, reply: MessageId }) {
      const row = (list: QueryAnswer<'messages'>) => list.messages.find(({ id: messageId }) => messageId === reply)
      const list = await see('messages', { thread }, (answer) => !['queued', 'streaming', undefined].includes(row(answer)?.status))
      const message = row(list)!
      return { ...message, text: partsToText(message.parts) }
    },
    /** What a page that heard every event of a run shows. */
    streamed(run: RunId): { seq: number, text: string } {
      let parts: Part[] = []
      let seq = 0
      for (const { name: event, payload } of events) {
        const progress = payload as EventPayload<'run-progress'>
        if (event !== 'run-progress' || progress.run !== run || progress.after !== seq) continue
        parts = appendDeltas(parts, progress.parts)
        seq = progress.seq
      }
      return { seq, text: partsToText(parts) }
    },
    disconnect() {
      network.up = false
      for (const socket of sockets) socket.drop()
    },
    async reconnect() {
      network.up = true
      await call('reconnect', {})
    },
    close: () => leader.close(),
  }
}
export type TestDevice = Awaited<ReturnType<typeof createDevice>>
