import { mergeDeltas } from '~/shared/domain/merge-deltas'
import type { PartDelta } from '~/shared/domain/part'
import type { RunDelta, RunEnd } from '~/shared/protocol/run'
import type { LiveRun } from './live-run'

/** Deltas of one run go out at most this often to one device (design.md, One send 5). */
const coalesceMs = 40
/** Above this a device is slow: what it has not read is merged until it reads again. */
const slowBytes = 256 * 1024
const slowMs = 100

/** The end of a wire: a socket or an event stream. */
export interface RunWire {
  send(message: RunDelta | RunEnd): void
  /** Bytes that have been sent and not yet taken. */
  buffered(): number
}

/** Sends what is stored of a live run to a device from step `after` + 1 on: the first delta at once, later ones merged within 40 ms. Returns what ends it. */
export function attachToLive(run: LiveRun, after: number, wire: RunWire): () => void {
  let position = Math.min(after, run.stored())
  let sentRetryAt: number | null = null
  let lastSent = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  let end: RunEnd | null = null

  const schedule = (ms: number): void => { timer ??= setTimeout(flush, ms) }
  const flush = (): void => {
    timer = null
    if (wire.buffered() > slowBytes) return schedule(slowMs)
    const retryAt = run.retryAt()
    if (position < run.stored() || retryAt !== sentRetryAt) {
      wire.send(deltaOf(run.id, mergeDeltas(run.read(position).flatMap(({ parts }) => parts)), run.stored(), retryAt))
      position = run.stored()
      sentRetryAt = retryAt
      lastSent = performance.now()
    }
    if (end) wire.send(end)
  }
  const changed = (): void => {
    if (timer) return
    const since = performance.now() - lastSent
    if (since >= coalesceMs && wire.buffered() <= slowBytes) flush()
    else schedule(Math.max(0, coalesceMs - since))
  }

  const unlisten = run.listen({
    changed,
    ended(message) {
      end = message
      if (timer) clearTimeout(timer)
      flush()
    },
  })
  if (!end && (position < run.stored() || run.retryAt() !== null)) flush()
  return () => {
    unlisten()
    if (timer) clearTimeout(timer)
    timer = null
  }
}

/** The message that brings a device up to step `seq`. `retryAt` is when the provider is called again (ms), null where it is not waited for. */
export function deltaOf(run: string, parts: PartDelta[], seq: number, retryAt: number | null = null): RunDelta {
  return { type: 'run-delta', run: run as RunDelta['run'], seq, parts, ...(retryAt === null ? {} : { retryAt }) }
}
