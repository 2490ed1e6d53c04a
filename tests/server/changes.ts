import type { JsonValue } from '~/shared/domain/text'
import { formatClock } from '~/shared/sync/clock'

/** One change of a thread's title, stamped by the device at `at`. */
export function titleChange(deviceId: string, n: number, title: string, { at = Date.now(), key = 'thread_0001' } = {}) {
  return change(deviceId, n, 'thread', key, { title }, at)
}

export function change(deviceId: string, n: number, t: string, k: string, c: Record<string, JsonValue>, at = Date.now()) {
  return { n, t, k, h: formatClock(at, n, `${deviceId}.tagx`), c }
}
