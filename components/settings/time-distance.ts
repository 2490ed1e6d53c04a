const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const units = [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const

/** `in 29 days`, `3 minutes ago`, `just now`. */
export function timeToDistance(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000)
  const unit = units.find(([, size]) => Math.abs(seconds) >= size)
  return unit ? relative.format(Math.trunc(seconds / unit[1]), unit[0]) : seconds > 0 ? 'in a moment' : 'just now'
}
