import type { Schedule } from './channel-message'

/** The platform's timer. */
export const scheduleByTimer: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
