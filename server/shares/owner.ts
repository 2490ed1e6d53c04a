import { fail } from '~/shared/errors'
import { threadShareOptionsSchema, type ShareSummary } from '~/shared/protocol/share'
import { readAudit, writeAudit } from './audit'
import type { ShareDeps } from './deps'
import { deleteShare } from './store'

export interface PageRequest { limit: number, cursor?: string, kind?: 'session' | 'thread', thread?: string }

/** What the owner of a space does with its shares, of either kind, without their secrets. */
export function createOwnerShares({ database, erasure, now }: ShareDeps) {
  return {
    /** Newest first. `next` is the cursor of the following page, null on the last. */
    async list(space: string, origin: string, { limit, cursor, kind, thread }: PageRequest): Promise<{ sessions: ShareSummary[], next: string | null }> {
      let query = database.selectFrom('share').leftJoin('share_key', 'share_key.id', 'share.share_key')
        .select([
          'share.id', 'share.kind', 'share.title', 'share.source', 'share.created_at', 'share.updated_at', 'share.expires_at', 'share.views', 'share.syncs',
          'share.items', 'share.bytes', 'share.options', 'share_key.name as key_name',
        ])
        .where('share.space', '=', space)
        .where((row) => row.or([row('share.expires_at', 'is', null), row('share.expires_at', '>', now())]))
      if (kind) query = query.where('share.kind', '=', kind)
      if (thread) query = query.where('share.source', '=', thread).where('share.kind', '=', 'thread')
      if (cursor) {
        const [at = '0', id = ''] = cursor.split(':')
        query = query.where((row) => row.or([
          row('share.created_at', '<', Number(at)), row.and([row('share.created_at', '=', Number(at)), row('share.id', '<', id)]),
        ]))
      }
      const rows = await query.orderBy('share.created_at', 'desc').orderBy('share.id', 'desc').limit(limit + 1).execute()
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        sessions: page.map((row) => {
          const options = row.options === null ? null : threadShareOptionsSchema.parse(JSON.parse(row.options))
          return {
            id: row.id, kind: row.kind, url: `${origin}/share/${row.id}`, title: row.title, sourceId: row.source, live: options ? options.live : true, keyName: row.key_name,
            createdAt: row.created_at, updatedAt: row.updated_at, expiresAt: row.expires_at, views: row.views, syncs: row.syncs, items: row.items, bytes: row.bytes, options,
          }
        }),
        next: rows.length > limit && last ? `${last.created_at}:${last.id}` : null,
      }
    },

    async remove(space: string, deviceId: string, id: string): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const share = await trx.selectFrom('share').select('id').where('id', '=', id).where('space', '=', space).executeTakeFirst()
        if (!share || !await deleteShare(trx, id)) fail('not_found', 'there is no such share')
        await writeAudit(trx, { at: now(), event: 'share-deleted', subject: id, actor: `device:${deviceId}`, space })
      })
      await erasure.settle()
    },

    audit: (space: string, limit: number) => readAudit(database, space, limit),
  }
}
