import { setImmediate } from 'node:timers/promises'

/** Frames wait here while an earlier one is worked on: the socket library does not await its hooks, and order must hold (sync.md §4). */
export interface FrameQueue {
  /** Resolves when the frame has been handled. Returns null when the queue is full: the sender is too fast. */
  add(text: string): Promise<void> | null
  clear(): void
}

const maxFrames = 1_000
const maxCharacters = 4 * 1024 * 1024
/** SQLite answers within the tick: a sender with a long queue would keep every other one waiting. */
const yieldAfter = 10

/** A queue of bounded length and size, whatever a sender does. */
export function createFrameQueue(handle: (text: string) => Promise<void>): FrameQueue {
  let tail = Promise.resolve()
  let frames = 0
  let characters = 0
  let cleared = false
  let yieldedAt = performance.now()

  async function next(text: string): Promise<void> {
    if (cleared) return
    if (frames > 1 && performance.now() - yieldedAt > yieldAfter) {
      await setImmediate()
      yieldedAt = performance.now()
    }
    await handle(text)
  }

  return {
    add(text) {
      if (frames >= maxFrames || (frames > 0 && characters + text.length > maxCharacters)) return null
      frames++
      characters += text.length
      tail = tail.then(() => next(text)).finally(() => {
        frames--
        characters -= text.length
      })
      return tail
    },
    clear() {
      cleared = true
    },
  }
}
