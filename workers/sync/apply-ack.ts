import type { PushAck } from '~/shared/protocol/push-ack'
import { maxClock, noClock, type Clock } from '~/shared/sync/clock'
import { readMeta, readPosition, writeMeta } from '~/workers/database/meta'
import type { LocalDatabase } from '~/workers/database/open'
import { acknowledge, readChange } from '~/workers/database/outbox'
import { toMark } from './apply-page'

/**
 * Takes an acknowledgement: the outbox empties and, if the numbers given follow the cursor, the cursor moves, in one transaction.
 * `moved`: the log needs no reading. `behind`: others wrote in between. `unclear`: the server had some of it before, so nothing is
 * believed until the log has been compared.
 */
export function applyAck(db: LocalDatabase, ack: PushAck, pushed: { first: number, last: number }): 'moved' | 'behind' | 'unclear' {
  const { driver } = db
  const rejected = ack.rejected ?? []
  const stored = Math.max(0, ack.to - ack.from + 1)
  if (ack.upto !== pushed.last || stored + rejected.length !== pushed.last - pushed.first + 1) return 'unclear'
  return driver.transaction(() => {
    const { cursor } = readPosition(driver)
    const refused = new Set(rejected.map(({ n }) => n))
    let last = pushed.last
    while (refused.has(last)) last--
    const lastStored = readChange(driver, last)
    const lastPushed = readChange(driver, pushed.last)
    acknowledge(driver, ack.upto, rejected)
    const confirmed = (readMeta(driver, 'confirmed') ?? noClock) as Clock
    if (lastPushed) writeMeta(driver, { confirmed: maxClock(confirmed, lastPushed.h) })
    if (stored === 0) return ack.to === cursor ? 'moved' : 'behind'
    if (ack.from !== cursor + 1 || !lastStored) return ack.to <= cursor ? 'moved' : 'behind'
    writeMeta(driver, { cursor: ack.to, mark: toMark({ device: db.deviceId, n: lastStored.n, h: lastStored.h }) })
    return 'moved'
  }, { sync: 'normal' })
}
