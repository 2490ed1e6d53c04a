import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { useNuxtApp } from '#app'
import type { RunId } from '~/shared/domain/ids'
import { appendDeltas, type Part } from '~/shared/domain/part'
import type { EventPayload } from '~/workers/api'

/** What has been streamed of a run. `retryAt` (ms) while a refused call waits to be made again; `startedAt` is when this page first saw it. */
export interface RunProgress {
  seq: number
  parts: Part[]
  retryAt: number | null
  startedAt: number
}

type Progress = EventPayload<'run-progress'>

/**
 * Replies on their way. Deltas are gathered and applied once per frame, so that a fast provider costs one repaint a frame. What was streamed
 * is kept until the message's terminal row is applied, not until the run ends (design.md, One send 5).
 */
export const useRunsStore = defineStore('runs', () => {
  const database = useNuxtApp().$database
  const progress = shallowReactive(new Map<RunId, RunProgress>())
  const gathered = new Map<RunId, Progress[]>()
  const asking = new Set<RunId>()
  let scheduled = false

  /** Asks for the run from its beginning: at the first look, and when numbers are missing. */
  async function catchUp(run: RunId): Promise<void> {
    if (asking.has(run)) return
    asking.add(run)
    const answer = await database.call('watch-run', { run })
    asking.delete(run)
    if (!answer.ok) return
    const { seq, parts, retryAt } = answer.value
    const current = progress.get(run)
    if (!current || current.seq <= seq) progress.set(run, { seq, parts, retryAt, startedAt: current?.startedAt ?? Date.now() })
    schedule()
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    // A hidden page gets no frames, but its log must be whole when it is looked at.
    if (document.hidden) setTimeout(apply, 200)
    else requestAnimationFrame(apply)
  }

  function apply(): void {
    scheduled = false
    for (const [run, entries] of gathered) {
      if (asking.has(run)) continue
      gathered.delete(run)
      applyTo(run, entries)
    }
  }

  function applyTo(run: RunId, entries: Progress[]): void {
    const current = progress.get(run)
    let { seq, parts, retryAt } = current ?? { seq: 0, parts: [], retryAt: null }
    for (const entry of entries) {
      if (entry.seq < seq || (entry.seq === seq && entry.parts.length > 0)) continue
      if (entry.after !== seq) {
        void catchUp(run)
        break
      }
      parts = appendDeltas(parts, entry.parts)
      seq = entry.seq
      retryAt = entry.retryAt
    }
    progress.set(run, { seq, parts, retryAt, startedAt: current?.startedAt ?? Date.now() })
  }

  database.on('run-progress', (entry) => {
    const entries = gathered.get(entry.run)
    if (entries) entries.push(entry)
    else gathered.set(entry.run, [entry])
    schedule()
  })

  /** Follows a run; once is enough. */
  function follow(run: RunId): void {
    if (!progress.has(run)) void catchUp(run)
  }

  /** Its terminal row is here: what was streamed is no longer needed. */
  function forget(run: RunId): void {
    gathered.delete(run)
    progress.delete(run)
  }

  const stop = (run: RunId) => database.call('stop-run', { run })

  return { progress, follow, forget, stop }
})
