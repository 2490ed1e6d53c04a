import type { LiveChanges } from './hub'

/** Bytes a socket may have waiting before it gets pokes in place of changes, and before it counts as stuck. */
const slowAbove = 256 * 1024
const stuckAbove = 4 * 1024 * 1024
const stuckFor = 10_000

/**
 * What a socket has been sent of its space's log. While it follows without a hole it gets changes as they come; a slow one, or one that
 * still pulls, gets a single `poke` and follows again once it has pulled to the end (sync.md §4). Memory per socket stays bounded (I10).
 */
export interface LiveFeed {
  deliver(live: LiveChanges): void
  /** The client has everything up to `to`: by a page that was the last, or by an ack that follows on. */
  caughtUp(to: number): void
  acked(from: number, to: number): void
  /** The client is reading pages: live changes wait until the last one. */
  pulling(): void
  /** Where the client says it is, which may be further than what this socket sent: it may have pulled over HTTP. */
  at(cursor: number): void
  /** True when more than 4 MiB have been waiting for 10 s. */
  isStuck(now: number): boolean
}

export function createLiveFeed(wire: { send(text: string): void, buffered(): number }, cursor: number, head: number): LiveFeed {
  let position = cursor
  let known = head
  let poked = cursor < head
  let stuckSince: number | null = null

  function poke(): void {
    if (poked) return
    poked = true
    wire.send(JSON.stringify({ type: 'poke', head: known }))
  }

  return {
    deliver(live) {
      known = Math.max(known, live.to)
      if (!poked && live.from === position + 1 && wire.buffered() <= slowAbove) {
        position = live.to
        wire.send(live.text)
      } else {
        poke()
      }
    },
    caughtUp(to) {
      position = to
      poked = false
      if (known > to) poke()
    },
    acked(from, to) {
      known = Math.max(known, to)
      // A hole before its own changes: the client sees it too, and pulls.
      if (from === position + 1) position = Math.max(position, to)
      else if (to >= from) poked = true
    },
    pulling() {
      poked = true
    },
    at(cursor) {
      position = Math.max(position, cursor)
      if (position >= known) poked = false
    },
    isStuck(now) {
      if (wire.buffered() <= stuckAbove) stuckSince = null
      else stuckSince ??= now
      return stuckSince !== null && now - stuckSince >= stuckFor
    },
  }
}
