import { z } from 'zod'

/** A hybrid logical clock as text that sorts: 13 digits of ms, 5 of counter, writer: `<deviceId>.<tag>`, the tag drawn at each opening of the database, or `server` (sync.md §3). */
const clockPattern = /^\d{13}:\d{5}:(?:server|[a-z2-7]{1,32}\.[a-z0-9]{4})$/
export const clockSchema = z.string().regex(clockPattern).brand<'Clock'>()
export type Clock = z.infer<typeof clockSchema>

/** The same as `clockSchema` says, for a page of thousands of rows. */
export const isClock = (text: string): text is Clock => clockPattern.test(text)

/** The clock of a column that was never written: lower than every other. */
export const noClock = '' as Clock

const maxCounter = 99_999

export const formatClock = (ms: number, counter: number, writer: string): Clock =>
  `${String(ms).padStart(13, '0')}:${String(counter).padStart(5, '0')}:${writer}` as Clock
export const clockTime = (clock: Clock): number => Number(clock.slice(0, 13))
export const clockCounter = (clock: Clock): number => Number(clock.slice(14, 19))
export const clockWriter = (clock: Clock): string => clock.slice(20)
/** The device of a clock's writer; `server` for the server's. */
export const clockDevice = (clock: Clock): string => clockWriter(clock).split('.', 1)[0] ?? ''
export const maxClock = (a: Clock, b: Clock): Clock => (a > b ? a : b)

/** The lowest clock of `writer` that is at or after `now` (ms, whole or not) and above `last`. */
export function nextClock(time: number, last: Clock, writer: string): Clock {
  const now = Math.floor(time)
  if (last === noClock || now > clockTime(last)) return formatClock(now, 0, writer)
  const counter = clockCounter(last) + 1
  return counter > maxCounter ? formatClock(clockTime(last) + 1, 0, writer) : formatClock(clockTime(last), counter, writer)
}
