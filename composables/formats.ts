import { midnightBefore, type DayGroupKind } from '~/shared/domain/day-groups'

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const dayMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const monthYear = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' })
const monthOnly = new Intl.DateTimeFormat(undefined, { month: 'long' })
const whole = new Intl.NumberFormat('en')

const groupNames = { pinned: 'Pinned', archived: 'Archived', today: 'Today', yesterday: 'Yesterday', week: 'Previous 7 days', days: 'Previous 30 days' } as const

/** The heading of a group in a list by days. */
export function headToText({ kind, from }: { kind: DayGroupKind | 'pinned' | 'archived', from: number }, now: number): string {
  if (kind !== 'month') return groupNames[kind]
  return new Date(from).getFullYear() === new Date(now).getFullYear() ? monthOnly.format(from) : monthYear.format(from)
}

/** A time as short as it stays clear. */
export const timeToShortText = (at: number, now: number): string => (at >= midnightBefore(now) ? clock.format(at) : dayMonth.format(at))
export const timeToText = (at: number): string => fullTime.format(at)
export const timeToClockText = (at: number): string => clock.format(at)

/** `1,234`, `12.3k`, `1M`. */
export function countToText(count: number): string {
  if (count < 10_000) return whole.format(count)
  if (count < 1_000_000) return `${trimZero((count / 1000).toFixed(count < 100_000 ? 1 : 0))}k`
  return `${trimZero((count / 1_000_000).toFixed(2))}M`
}

/** USD, with as many digits as a small amount needs. */
export function costToText(usd: number): string {
  if (usd === 0) return '$0'
  if (usd < 0.0001) return '<$0.0001'
  return `$${usd.toFixed(usd < 0.01 ? 4 : usd < 1 ? 3 : 2)}`
}

/** A price in USD per token as USD per million tokens. */
export const priceToText = (perToken: number): string => (perToken === 0 ? 'free' : `$${trimZero((perToken * 1_000_000).toFixed(2))}`)

/** `4 s`, `1 min 20 s`. */
export function durationToText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  return seconds % 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${seconds / 60} min`
}

export function bytesToText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KB', 'MB', 'GB', 'TB']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${trimZero(value.toFixed(1))} ${units[unit]}`
}

function trimZero(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
