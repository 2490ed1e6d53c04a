import { cleanText } from '~/shared/domain/text'
import { createError, fail, type HoldfastError } from '~/shared/errors'
import { checkChange, type Change, type ChangeEnvelope, type Rejection } from '~/shared/sync/change'
import { clockDevice, isClock, maxClock, noClock, type Clock } from '~/shared/sync/clock'
import type { DeviceId } from '~/shared/domain/ids'
import { err, type Result } from '~/shared/result'
import type { Trx } from '../sql/schema'
import { createClockBound } from './clock-bound'
import { makesRoom } from './space-bytes'
import { raiseClock, readDevice, storeChanges, writeDevice, type SpaceState, type StoredChange } from './space-writer'

/** How a push ended. Only `stored` wrote anything; `from` = `to` + 1 when nothing took a number. */
export type PushOutcome =
  | { kind: 'stored', upto: number, head: number, from: number, to: number, rejected: Rejection[] }
  | { kind: 'gap', upto: number }
  | { kind: 'skew', upto: number, now: number }

interface PushBounds {
  /** Milliseconds since 1970. */
  wall: number
  /** Fails where the space has no room; not asked for what is stored already, nor for deletes of what it holds. */
  requireRoom(makesRoom: boolean): Promise<void>
}

/** Takes a device's changes inside the caller's transaction: skips what it has, refuses gaps and clocks ahead whole, rejects one by one. */
export async function pushChanges(
  trx: Trx, space: SpaceState, device: string, changes: readonly ChangeEnvelope[], { wall, requireRoom }: PushBounds,
): Promise<{ outcome: PushOutcome, logged: StoredChange[] }> {
  const state = await readDevice(trx, space.id, device)
  const { upto } = state
  const stored = (logged: StoredChange[], rejected: Rejection[]) => ({
    outcome: { kind: 'stored', upto: state.upto, head: space.head, from: logged[0]?.seq ?? space.head + 1, to: space.head, rejected } as const, logged,
  })
  const first = changes[0]
  if (!first) return stored([], [])
  if (changes.some((change, index) => change.n !== first.n + index)) fail('invalid_request', 'the changes of a push are numbered without gaps')
  if (first.n > upto + 1) return { outcome: { kind: 'gap', upto }, logged: [] }

  const fresh = changes.filter((change) => change.n > upto)
  const last = fresh.at(-1)
  if (!last) return stored([], [])
  const clocks = fresh.map((change) => change.h).filter(isClock)
  const bound = createClockBound(maxClock(space.clock, toClock(state.uptoClock)), wall)
  if (!clocks.every(bound.admits)) return { outcome: { kind: 'skew', upto, now: bound.tell }, logged: [] }

  const deletes = await makesRoom(trx, space.id, fresh)
  if (deletes !== 'only') await requireRoom(deletes === 'also')

  const taken: Change[] = []
  const rejected: Rejection[] = []
  for (const change of fresh) {
    const checked = checkPushed(change, device as DeviceId)
    if (checked.ok) taken.push(checked.value)
    else rejected.push({ n: change.n, code: checked.error.code, message: checked.error.message })
  }
  const logged = await storeChanges(trx, space, device, taken, wall)
  // A device goes on from every clock it got an answer for, also from that of a change it was refused.
  if (rejected.length > 0) await raiseClock(trx, space, clocks.reduce(maxClock, noClock))
  state.upto = last.n
  // Of a change that was refused it may be any text, which PostgreSQL would refuse.
  state.uptoClock = cleanText(last.h) as Clock
  await writeDevice(trx, space.id, device, state)
  return stored(logged, rejected)
}

/** What an earlier push left as the device's last clock: a rejected change may have had none. */
const toClock = (text: string | null): Clock => (text !== null && isClock(text) ? text : noClock)

/**
 * A device may hand back what others wrote, with the clocks they gave it: that is how a restored server gets its rows again (sync.md §3).
 * So the writer in the clock need not be the device that pushes.
 */
function checkPushed(change: ChangeEnvelope, device: DeviceId): Result<Change, HoldfastError> {
  if (cleanText(change.k) !== change.k) return err(createError('invalid_request', 'malformed key', { n: change.n }))
  return checkChange(change, isClock(change.h) ? (clockDevice(change.h) as DeviceId | 'server') : device)
}
