/** The groups of a list by days: from which time on each begins, the newest first. Times are local, so that a group ends at midnight here. */
export const dayGroupKinds = ['today', 'yesterday', 'week', 'days', 'month'] as const
export type DayGroupKind = (typeof dayGroupKinds)[number]
export interface DayGroup { kind: DayGroupKind, from: number }

/** The last midnight before `at`, in ms. */
export const midnightBefore = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** Midnight so many days before another; days of 23 and 25 hours count as one. */
function daysBefore(midnight: number, days: number): number {
  const date = new Date(midnight)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime()
}

/** The groups of the last thirty days, as seen on the day that began at `today`. */
export const recentGroups = (today: number): DayGroup[] => [
  { kind: 'today', from: today },
  { kind: 'yesterday', from: daysBefore(today, 1) },
  { kind: 'week', from: daysBefore(today, 7) },
  { kind: 'days', from: daysBefore(today, 30) },
]

/** The group of what is older than that: its month. */
export function monthGroup(at: number): DayGroup {
  const date = new Date(at)
  return { kind: 'month', from: new Date(date.getFullYear(), date.getMonth(), 1).getTime() }
}
