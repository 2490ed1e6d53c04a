import type { JsonValue } from '~/shared/domain/text'
import { formatClock } from '~/shared/sync/clock'
import type { Context } from '~/server/context'
import type { LoggedChange } from '~/shared/sync/change'

/** A device of a space that numbers and stamps what it writes. */
export async function addDevice(context: Context, spaceId?: string) {
  const minted = await context.database.transaction().execute(async (trx) =>
    context.tokens.mint(trx, { spaceId: (spaceId ?? await context.spaces.create(trx)) as never, deviceName: 'a device' }))
  let n = 0
  return {
    ...minted,
    change(t: string, k: string, c: Record<string, JsonValue>, at = context.now()) {
      return { n: ++n, t, k, h: formatClock(at, n % 100_000, `${minted.deviceId}.tagx`), c }
    },
    push(...changes: { n: number, t: string, k: string, h: string, c: Record<string, JsonValue> }[]) {
      return context.sync.push(minted.spaceId, minted.deviceId, changes)
    },
    async pull(cursor = 0, limit = 2_000) {
      const outcome = await context.sync.pull(minted.spaceId, minted.deviceId, cursor, limit)
      return outcome.kind === 'page' ? { ...outcome, changes: outcome.changes.map((text) => JSON.parse(text) as LoggedChange) } : outcome
    },
  }
}
