import { HoldfastException, type HoldfastError } from '~/shared/errors'
import { queries } from '../api'
import { parseInput, unexpected } from '../rpc'
import type { Schedule } from '../tabs/channel-message'
import { queryHandlers } from './queries/all'
import type { Query, QueryName, QuerySources, Signal } from './queries/query'

interface Listener { post(answer: unknown): void, fail(error: HoldfastError): void }
interface Live { name: QueryName, params: unknown, listeners: Set<Listener>, last: string | undefined, answer: unknown }

/** A handler without its types: `params` were parsed by the schema of the same name. */
const handlerOf = (name: QueryName) => queryHandlers[name] as unknown as Query<'thread'>

/**
 * Runs each watched query again after commits that may change its answer, and posts only answers that differ. Tabs that watch the
 * same thing share one run. Commits that come close together share one too.
 */
export function createLiveQueries(sources: QuerySources, schedule: Schedule) {
  const live = new Map<string, Live>()
  const due = new Set<Live>()
  let cancel: (() => void) | undefined

  function run(entry: Live) {
    try {
      const answer = handlerOf(entry.name).run(sources, entry.params as never)
      const text = JSON.stringify(answer)
      if (text === entry.last) return
      entry.last = text
      entry.answer = answer
      for (const { post } of entry.listeners) post(answer)
    } catch (cause) {
      const error = cause instanceof HoldfastException ? cause.error : unexpected(cause)
      for (const { fail } of entry.listeners) fail(error)
    }
  }

  function runLater(entry: Live) {
    due.add(entry)
    cancel ??= schedule(() => {
      cancel = undefined
      const entries = [...due]
      due.clear()
      for (const entry of entries) if (entry.listeners.size > 0) run(entry)
    }, 0)
  }

  const end = sources.db.onCommit((touched) => {
    for (const entry of live.values()) if (handlerOf(entry.name).touchedBy(touched, sources, entry.params as never)) runLater(entry)
  })

  return {
    watch(name: QueryName, params: unknown, post: (answer: unknown) => void, fail: (error: HoldfastError) => void): () => void {
      const parsed = parseInput(queries[name].params, params, `params of ${name}`)
      if (!parsed.ok) {
        fail(parsed.error)
        return () => {}
      }
      const key = `${name} ${JSON.stringify(parsed.value)}`
      let entry = live.get(key)
      if (!entry) live.set(key, entry = { name, params: parsed.value, listeners: new Set(), last: undefined, answer: undefined })
      const watched = entry
      const listener = { post, fail }
      watched.listeners.add(listener)
      if (watched.last === undefined) run(watched)
      else post(watched.answer)
      return () => {
        watched.listeners.delete(listener)
        if (watched.listeners.size === 0 && live.get(key) === watched) live.delete(key)
      }
    },
    /** Something outside the rows changed. */
    signal(signal: Signal) {
      for (const entry of live.values()) if (handlerOf(entry.name).signals?.includes(signal)) runLater(entry)
    },
    stop() {
      end()
      cancel?.()
      live.clear()
    },
  }
}
