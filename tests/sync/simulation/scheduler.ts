/** Virtual time: nothing waits for real, and the same seed gives the same order. */
export function createScheduler(start: number) {
  let time = start
  let order = 0
  let queue: { at: number, order: number, work: () => void }[] = []
  const outstanding = new Set<Promise<unknown>>()

  async function settle(): Promise<void> {
    // What hangs on promises alone takes no time: it goes on before the next event.
    for (let turn = 0; turn < 10; turn++) await null
    while (outstanding.size > 0) {
      await Promise.allSettled(outstanding)
      // What follows a network answer (a body's stream) takes turns of the real event loop.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    now: () => time,
    schedule(work: () => void, ms: number): () => void {
      const entry = { at: time + Math.max(0, ms), order: order++, work }
      queue.push(entry)
      return () => {
        queue = queue.filter((other) => other !== entry)
      }
    },
    /** Holds the clock until this is over. */
    track<T>(promise: Promise<T>): Promise<T> {
      const held = promise.catch(() => {}).finally(() => outstanding.delete(held))
      outstanding.add(held)
      return promise
    },
    settle,
    async run(ms: number): Promise<void> {
      const until = time + ms
      await new Promise((resolve) => setImmediate(resolve))
      for (;;) {
        await settle()
        let next: (typeof queue)[number] | undefined
        for (const entry of queue) {
          if (entry.at <= until && (!next || entry.at < next.at || (entry.at === next.at && entry.order < next.order))) next = entry
        }
        if (!next) break
        const due = next
        queue = queue.filter((entry) => entry !== due)
        time = Math.max(time, due.at)
        due.work()
      }
      time = until
    },
  }
}
export type Scheduler = ReturnType<typeof createScheduler>
