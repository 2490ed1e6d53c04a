import type { Message } from '~/shared/domain/message'
import type { Pending, SyncState } from '~/workers/api'

/** After this long without a sign of life a queued reply counts as waiting, whatever the connection says. */
const patience = 4_000

export type ReplyState =
  /** About to stream, or streaming. */
  | 'live'
  /** Written here, and waits for the network, for pairing, or for a key. */
  | 'waiting'
  /** Written on another device, which has not sent it yet. */
  | 'elsewhere'
  | 'ended'

/** Where a reply stands for the person. `now`, in ms, is read for a queued reply only: nothing else changes with time. */
export function replyToState(reply: Pick<Message, 'status' | 'created_at'>, pending: Pending | undefined, sync: SyncState['state'], now: () => number): ReplyState {
  if (reply.status === 'streaming') return 'live'
  if (reply.status !== 'queued') return 'ended'
  const waited = now() - reply.created_at > patience
  if (pending && !pending.here) return waited ? 'elsewhere' : 'live'
  if (pending?.needsKey) return 'waiting'
  const connected = sync === 'synced' || sync === 'syncing'
  if (connected && (!waited || !pending)) return 'live'
  return 'waiting'
}
