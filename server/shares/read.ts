import type { Database } from '../sql/schema'
import { findShare, listItems, readBatches, type ItemEntry, type ShareRow, type StoredItem } from './store'

/** A share with what it holds, as everyone who has its link may read it: long ones are read piece by piece. */
export interface OpenShare {
  share: ShareRow
  list: readonly ItemEntry[]
  /** The items of the list, or of those of it that are given, in batches. */
  read(list?: readonly ItemEntry[]): AsyncGenerator<StoredItem[]>
}

/** Brings a live thread's share up to date before it is read; `null` hides it while its thread is deleted. */
export type Refresh = (share: ShareRow) => Promise<ShareRow | null>

/** Reading, for everyone with the link. */
export function createShareReader({ database, now, refresh }: { database: Database, now(): number, refresh: Refresh }) {
  const refreshing = new Map<string, Promise<ShareRow | null>>()

  /** All who look meanwhile wait for one build. */
  const refreshOnce = (share: ShareRow): Promise<ShareRow | null> => {
    const known = refreshing.get(share.id)
    if (known) return known
    const refreshed = refresh(share).finally(() => refreshing.delete(share.id))
    refreshing.set(share.id, refreshed)
    return refreshed
  }
  const find = async (id: string): Promise<ShareRow | null> => {
    const share = await findShare(database, id, now())
    return share ? refreshOnce(share) : null
  }
  return {
    find,
    /** What a share that was found holds. */
    async open(share: ShareRow): Promise<OpenShare> {
      const list = await listItems(database, share.id)
      return { share, list, read: (some = list) => readBatches(database, share.id, some) }
    },
  }
}

/** The bare array of `GET /api/share/:id/data`. */
export async function* openShareToData({ read }: OpenShare): AsyncGenerator<string> {
  let separator = '['
  for await (const items of read()) {
    for (const { type, data } of items) {
      yield `${separator}{"type":${JSON.stringify(type)},"data":${data}}`
      separator = ','
    }
  }
  yield separator === '[' ? '[]' : ']'
}

/** The sorted-out form of `GET /api/share/:id`, and of the JSON download. */
export async function* openShareToInfo(open: OpenShare): AsyncGenerator<string> {
  const { share } = open
  const metadata = { id: share.id, kind: share.kind, lastUpdated: share.updated_at, syncCount: share.syncs, created: share.created_at, expires: share.expires_at }
  yield '{"session":'
  yield* first(open, 'session', 'null')
  yield ',"messages":'
  yield* all(open, 'message')
  yield ',"parts":'
  yield* all(open, 'part')
  yield ',"diffs":'
  yield* first(open, 'session_diff', '[]')
  yield ',"models":'
  yield* first(open, 'model', '[]')
  yield `,"metadata":${JSON.stringify(metadata)}}`
}

async function* first({ list, read }: OpenShare, type: string, none: string): AsyncGenerator<string> {
  let found = none
  for await (const [item] of read(list.filter((entry) => entry.type === type).slice(0, 1))) found = item?.data ?? none
  yield found
}

async function* all({ list, read }: OpenShare, type: string): AsyncGenerator<string> {
  let separator = '['
  for await (const items of read(list.filter((entry) => entry.type === type))) {
    for (const { data } of items) {
      yield `${separator}${data}`
      separator = ','
    }
  }
  yield separator === '[' ? '[]' : ']'
}
