import type { Database } from '../sql/schema'
import { findShare, readItems, type ShareRow, type StoredItem } from './store'

/** A share with what it holds, as everyone who has its link may read it. */
export interface OpenShare { share: ShareRow, items: StoredItem[] }

/** Brings a live thread's share up to date before it is read; `null` hides it while its thread is deleted. */
export type Refresh = (share: ShareRow) => Promise<ShareRow | null>

/** Reading, for everyone with the link. */
export function createShareReader({ database, now, refresh }: { database: Database, now(): number, refresh: Refresh }) {
  const find = async (id: string): Promise<ShareRow | null> => {
    const share = await findShare(database, id, now())
    return share ? refresh(share) : null
  }
  return {
    find,
    async open(id: string): Promise<OpenShare | null> {
      const share = await find(id)
      return share ? { share, items: await readItems(database, id) } : null
    },
  }
}

/** The bare array of `GET /api/share/:id/data`. */
export const itemsToData = (items: readonly StoredItem[]): string => `[${items.map(({ type, data }) => `{"type":${JSON.stringify(type)},"data":${data}}`).join(',')}]`

/** The sorted-out form of `GET /api/share/:id`, and of the JSON download. */
export function openShareToInfo({ share, items }: OpenShare): string {
  const of = (type: string) => items.filter((item) => item.type === type).map((item) => item.data)
  const members = {
    session: of('session')[0] ?? 'null',
    messages: `[${of('message').join(',')}]`,
    parts: `[${of('part').join(',')}]`,
    diffs: of('session_diff')[0] ?? '[]',
    models: of('model')[0] ?? '[]',
    metadata: JSON.stringify({ id: share.id, kind: share.kind, lastUpdated: share.updated_at, syncCount: share.syncs, created: share.created_at, expires: share.expires_at }),
  }
  return `{${Object.entries(members).map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}
