import { fail } from '~/shared/errors'

export interface FairTurnsOptions {
  /** Pieces of work that run together. */
  atOnce: number
  /** How many of one name may wait, and of all names; one more fails with `rate_limited`. */
  waiting: number
  waitingTogether?: number
}

/**
 * Lets few pieces of work run together, one of each name, and the names take turns: whoever sends much waits for themselves, not
 * others for them.
 */
export function createFairTurns({ atOnce, waiting, waitingTogether = Infinity }: FairTurnsOptions): <Out>(name: string, work: () => Promise<Out>) => Promise<Out> {
  const queues = new Map<string, (() => Promise<void>)[]>()
  const running = new Set<string>()
  let together = 0

  const next = (): void => {
    for (const [name, queue] of queues) {
      if (running.size >= atOnce) return
      if (running.has(name)) continue
      const work = queue.shift()
      if (!work) continue
      together--
      running.add(name)
      void work().finally(() => {
        running.delete(name)
        // Its next piece stands behind those of all others.
        queues.delete(name)
        if (queue.length > 0) queues.set(name, queue)
        next()
      })
    }
  }

  return (name, work) => {
    const queue = queues.get(name) ?? []
    if (queue.length >= waiting || together >= waitingTogether) fail('rate_limited', 'too much of this is waiting already', { retryAfter: 2 })
    queues.set(name, queue)
    return new Promise((resolve, reject) => {
      together++
      queue.push(() => work().then(resolve, reject))
      next()
    })
  }
}
