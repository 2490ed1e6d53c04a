import { createError, type HoldfastError } from '~/shared/errors'
import { err, type Result } from '~/shared/result'
import { calls, events, queries, type CallAnswer, type CallName, type DatabaseClient, type EventName, type QueryName, type TabRole } from './api'
import { parseInput, workerFrameSchema, type PageFrame, type Port } from './rpc'

interface Watcher { name: QueryName, take(answer: unknown): void, fail(error: HoldfastError): void }
interface Caller { name: CallName, settle(result: Result<unknown>): void }

/** The page's end of the worker: numbers calls and watches, and parses what comes back. */
export function connectClient(port: Port, options: { build: string, terminate: () => void, onSent?: () => void }): DatabaseClient {
  const callers = new Map<number, Caller>()
  const watchers = new Map<number, Watcher>()
  const listeners = new Map<EventName, Set<(payload: unknown) => void>>()
  const roleListeners = new Set<(role: TabRole) => void>()
  const resting = new Set<() => void>()
  let role: TabRole = 'starting'
  let lastId = 0
  const post = (frame: PageFrame) => port.postMessage(frame)

  function takeAnswer(id: number, result: Result<unknown>) {
    const caller = callers.get(id)
    callers.delete(id)
    if (!caller) return
    caller.settle(result.ok ? parseInput(calls[caller.name].answer, result.value, `answer of ${caller.name}`) : result)
  }

  function takeUpdate(id: number, answer: unknown) {
    const watcher = watchers.get(id)
    if (!watcher) return
    const parsed = parseInput(queries[watcher.name].answer, answer, `answer of ${watcher.name}`)
    if (parsed.ok) watcher.take(parsed.value)
    else watcher.fail(parsed.error)
  }

  function takeEvent(name: EventName, payload: unknown) {
    const parsed = events[name].safeParse(payload)
    if (parsed.success) for (const listener of listeners.get(name) ?? []) listener(parsed.data)
  }

  function setRole(next: TabRole) {
    role = next
    for (const listener of roleListeners) listener(role)
  }

  port.addEventListener('message', (event) => {
    const parsed = workerFrameSchema.safeParse(event.data)
    if (!parsed.success) return
    const frame = parsed.data
    if (frame.kind === 'answer') takeAnswer(frame.id, frame.result)
    else if (frame.kind === 'update') takeUpdate(frame.id, frame.answer)
    else if (frame.kind === 'watch-error') watchers.get(frame.id)?.fail(frame.error)
    else if (frame.kind === 'event') takeEvent(frame.name, frame.payload)
    else if (frame.kind === 'role') setRole(frame.role)
    else {
      for (const settle of resting) settle()
      resting.clear()
    }
  })
  post({ kind: 'start', build: options.build })

  return {
    call<N extends CallName>(name: N, request: unknown): Promise<Result<CallAnswer<N>, HoldfastError>> {
      const id = ++lastId
      return new Promise((resolve) => {
        callers.set(id, {
          name,
          settle(result) {
            if (name === 'send' && result.ok) options.onSent?.()
            resolve(result as Result<CallAnswer<N>>)
          },
        })
        post({ kind: 'call', id, name, request })
      })
    },
    watch(name, params, listener, onError) {
      const id = ++lastId
      watchers.set(id, { name, take: (answer) => listener(answer as never), fail: (error) => onError?.(error) })
      post({ kind: 'watch', id, name, params })
      return () => {
        if (watchers.delete(id)) post({ kind: 'unwatch', id })
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      const take = (payload: unknown) => listener(payload as never)
      set.add(take)
      return () => void set.delete(take)
    },
    role: () => role,
    onRole(listener) {
      roleListeners.add(listener)
      return () => void roleListeners.delete(listener)
    },
    rest() {
      return new Promise((resolve) => {
        resting.add(resolve)
        post({ kind: 'rest' })
      })
    },
    close() {
      post({ kind: 'rest' })
      options.terminate()
      for (const caller of callers.values()) caller.settle(err(createError('internal', 'the tab is closing')))
      callers.clear()
      watchers.clear()
    },
  }
}

/** Starts this tab's database worker, which loads while the page does. */
export const startDatabaseWorker = (): Worker =>
  new Worker(new URL('./database.worker.ts', import.meta.url), { type: 'module', name: 'holdfast-database' })

/**
 * The page's end of its database worker. `build` names the build of the page; a worker of another build than the leader's never leads.
 * `mayWake` is asked when a page comes back that the browser had put aside.
 */
export function createDatabaseClient(worker: Worker, build: string, mayWake: () => boolean): DatabaseClient {
  let asked = false
  const client = connectClient(worker, {
    build,
    terminate: () => worker.terminate(),
    // Only a page may ask that its storage be kept; after a first send the browser has a reason to say yes.
    onSent() {
      if (asked) return
      asked = true
      void navigator.storage?.persist?.().catch(() => false)
    },
  })
  const tell = (kind: 'rest' | 'wake') => worker.postMessage({ kind } satisfies PageFrame)
  // Nothing depends on these: a tab that dies without them only costs its followers some milliseconds more.
  window.addEventListener('pagehide', () => tell('rest'))
  window.addEventListener('pageshow', (event) => {
    if (event.persisted && mayWake()) tell('wake')
  })
  document.addEventListener('freeze', () => tell('rest'))
  document.addEventListener('resume', () => mayWake() && tell('wake'))
  return client
}
