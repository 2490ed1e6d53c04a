import type { Schedule } from '~/workers/tabs/channel-message'

/** Short waits run by themselves, for they only order work; longer ones when the test moves the clock. */
const short = 60

export function createTime(start = 1_800_000_000_000) {
  let now = start
  const timers = new Set<{ at: number, run: () => void }>()

  const schedule: Schedule = (run, ms) => {
    if (ms <= short) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    }
    const timer = { at: now + ms, run }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  const time = {
    now: () => now,
    schedule,
    /** Moves the clock on, a little at a time, until something has come true. */
    async advanceUntil(condition: () => boolean) {
      while (!condition()) {
        await time.advance(200)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    },
    /** Moves the clock, running what falls due on the way, and lets what follows from it happen in between. */
    async advance(ms: number) {
      const end = now + ms
      for (;;) {
        await settle()
        const due = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!due) break
        timers.delete(due)
        now = Math.max(now, due.at)
        due.run()
      }
      now = end
      await settle()
    },
  }
  return time
}

/** Lets ports, channels and promises deliver what is under way. */
async function settle() {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits for what must come true; the test's own time limit is the only one. */
export async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}
