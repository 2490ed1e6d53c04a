import { appendDeltas, type Part, type PartDelta } from '~/shared/domain/part'
import { boundJson } from '~/shared/domain/bounds'
import { byteLength } from '~/shared/sync/change'
import type { RunKey } from './run-store'
import type { RunEvent } from './merge-deltas'
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
 * costs nothing more: it reads from here when it can.
 */
export interface LiveRun extends RunKey {
  readonly thread: string
  readonly message: string
  /** Step `n` stands at index n - 1. */
  readonly events: readonly RunEvent[]
  seq(): number
  /** What the parts take as JSON, about. */
  bytes(): number
  parts(): Part[]
  append(parts: PartDelta[]): void
  /** How many steps are in the database. */
  stored: number
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

const jsonBytes = (value: unknown): number => byteLength(JSON.stringify(value))

export function createLiveRun({ space, id, thread, message, onAppend }: RunKey & { thread: string, message: string, onAppend: (run: LiveRun) => void }): LiveRun {
  const controller = new AbortController()
  const listeners = new Set<RunListener>()
  const events: RunEvent[] = []
  let parts: Part[] = []
  let folded = 0
  let textBytes = 0
  let memberBytes = 0
  /** Members other than text are replaced, so only their last size counts. */
  const sizes = new Map<number, number>()
  let retryAt: number | null = null
  let stopReason: StopReason | null = null
  let ended: RunEnd | null = null
  let resolveDone: () => void = () => undefined
  const done = new Promise<void>((resolve) => { resolveDone = resolve })
  const changed = () => { for (const listener of listeners) listener.changed() }

  const run: LiveRun = {
    space, id, thread, message, events, stored: 0, signal: controller.signal, done,
    seq: () => events.length,
    bytes: () => textBytes + memberBytes,
    parts() {
      for (; folded < events.length; folded++) parts = appendDeltas(parts, events[folded]!.parts)
      return parts
    },
    append(entries) {
      const clean = boundJson(entries)
      for (const { index, text, ...members } of clean) {
        if (text !== undefined) textBytes += jsonBytes(text)
        const size = jsonBytes(members)
        memberBytes += size - (sizes.get(index) ?? 0)
        sizes.set(index, size)
      }
      events.push({ seq: events.length + 1, parts: clean })
      onAppend(run)
      changed()
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
