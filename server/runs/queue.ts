/** Runs of one space that stream at the same time; more wait their turn, in order. */
export const runsPerSpace = 16

export interface RunQueue<T> {
  /** Starts it now, or when an earlier one has ended. */
  add(space: string, item: T): void
  /** Takes back what still waits; false when it has started. */
  remove(space: string, item: T): boolean
}

/** `work` must not reject: a turn is given back when it resolves. */
export function createRunQueue<T>(limit: number, work: (item: T) => Promise<void>): RunQueue<T> {
  const spaces = new Map<string, { active: number, waiting: T[] }>()

  const next = (space: string): void => {
    const turns = spaces.get(space)
    if (!turns) return
    while (turns.active < limit) {
      const item = turns.waiting.shift()
      if (item === undefined) break
      turns.active++
      void work(item).finally(() => {
        turns.active--
        next(space)
      })
    }
    if (turns.active === 0 && turns.waiting.length === 0) spaces.delete(space)
  }

  return {
    add(space, item) {
      const turns = spaces.get(space) ?? { active: 0, waiting: [] }
      spaces.set(space, turns)
      turns.waiting.push(item)
      next(space)
    },
    remove(space, item) {
      const waiting = spaces.get(space)?.waiting
      const at = waiting?.indexOf(item) ?? -1
      if (at === -1) return false
      waiting?.splice(at, 1)
      return true
    },
  }
}
