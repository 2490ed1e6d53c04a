import { boundJson } from '~/shared/domain/bounds'
import { createDeltaMerger, type DeltaMerger } from '~/shared/domain/merge-deltas'
import { appendDeltas, type Part, type PartDelta } from '~/shared/domain/part'
import { byteLength } from '~/shared/sync/change'
import type { RunKey } from './run-store'
import type { RunEvent } from './step-rows'
import type { RunEnd } from '~/shared/protocol/run'

/** Who listens to a live run. */
export interface RunListener {
  /** There is more to read, or another time to wait for. */
  changed(): void
  ended(end: RunEnd): void
}

/** Why a run is told to stop: a person did, or the process ends. */
export type StopReason = 'stopped' | 'interrupted'

/**
 * A run of this process while it lasts. It keeps every step in memory, so any device can join at any number, and one that is slow
 * costs nothing more: it reads from here when it can. What a device reads is stored: a killed server takes back nothing that was shown.
 */
export interface LiveRun extends RunKey {
  readonly thread: string
  readonly message: string
  /** The steps that are not stored yet. What comes later is no longer joined to the last of them. */
  take(): RunEvent[]
  /** The stored steps after number `after`. */
  read(after: number): RunEvent[]
  /** Number of the last step. */
  seq(): number
  /** Number of the last step that is in the database. */
  stored(): number
  /** The steps up to this number are in the database from now on: the listeners may have them. */
  setStored(seq: number): void
  /** What the parts take as JSON, about. */
  bytes(): number
  parts(): Part[]
  append(parts: PartDelta[]): void
  retryAt(): number | null
  setRetryAt(at: number | null): void
  readonly signal: AbortSignal
  stop(reason: StopReason): void
  stopReason(): StopReason | null
  listen(listener: RunListener): () => void
  /** Tells the listeners, once, and resolves `done`. */
  end(end: RunEnd): void
  readonly done: Promise<void>
}

/**
 * So many steps have a number each. After them what comes between two looks of whoever reads is one step, so that a provider which sends
 * letters one by one costs little more than its letters.
 */
const finestSteps = 10_000

const jsonBytes = (value: unknown): number => byteLength(JSON.stringify(value) ?? '')

/** A text's own bytes: it goes on in the next delta, so its quotes are counted once, with its name. */
const textBytes = (text: string): number => (text ? jsonBytes(text) - 2 : 0)
const aroundBytes = (name: string): number => name.length + 6

/** Begins a run in this process. `onAppend` is told of every step, which it takes and stores. */
export function createLiveRun({ space, id, thread, message, onAppend }: RunKey & { thread: string, message: string, onAppend: (run: LiveRun) => void }): LiveRun {
  const controller = new AbortController()
  const listeners = new Set<RunListener>()
  const events: RunEvent[] = []
  const whole = createDeltaMerger()
  let folded: Part[] | null = null
  /** Number of the last step that was taken to be stored, and what joins to a later one. */
  let taken = 0
  let stored = 0
  let joining: DeltaMerger | null = null
  let bytes = 0
  /** Members that replace, by part and name: only their last size counts. */
  const sizes = new Map<string, number>()
  let retryAt: number | null = null
  let stopReason: StopReason | null = null
  let ended: RunEnd | null = null
  let resolveDone: () => void = () => undefined
  const done = new Promise<void>((resolve) => { resolveDone = resolve })
  const changed = () => { for (const listener of listeners) listener.changed() }

  function measure({ index, text = '', append, ...members }: PartDelta): void {
    grow(index, 'text', text)
    grow(index, 'input', append?.input ?? '')
    for (const [name, value] of Object.entries(members)) {
      const place = `${index}/${name}`
      // With its name, and the brackets of its part.
      const size = jsonBytes(value) + aroundBytes(name)
      bytes += size - (sizes.get(place) ?? 0)
      sizes.set(place, size)
    }
  }

  function grow(index: number, name: string, text: string): void {
    if (!text) return
    const place = `${index}/+${name}`
    if (!sizes.has(place)) bytes += aroundBytes(name) + 2
    sizes.set(place, 0)
    bytes += textBytes(text)
  }

  function begin(parts: PartDelta[]): void {
    events.push({ seq: events.length + 1, parts })
    if (events.length <= finestSteps) return
    joining = createDeltaMerger()
    joining.add(parts)
  }

  const run: LiveRun = {
    space, id, thread, message, signal: controller.signal, done,
    seq: () => events.length,
    bytes: () => bytes,
    parts: () => (folded ??= appendDeltas([], whole.result())),
    stored: () => stored,
    setStored(seq) {
      if (seq <= stored) return
      stored = seq
      changed()
    },
    read: (after) => events.slice(after, stored),
    take() {
      const last = events.at(-1)
      if (joining && last) last.parts = joining.result()
      joining = null
      taken = events.length
      return events.slice(stored)
    },
    append(entries) {
      const clean = boundJson(entries)
      for (const entry of clean) measure(entry)
      whole.add(clean)
      folded = null
      if (joining && taken < events.length) joining.add(clean)
      else begin(clean)
      onAppend(run)
    },
    retryAt: () => retryAt,
    setRetryAt(at) {
      retryAt = at
      changed()
    },
    stop(reason) {
      stopReason ??= reason
      controller.abort()
    },
    stopReason: () => stopReason,
    listen(listener) {
      if (ended) listener.ended(ended)
      else listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    end(end) {
      if (ended) return
      ended = end
      for (const listener of listeners) listener.ended(end)
      listeners.clear()
      resolveDone()
    },
  }
  return run
}
