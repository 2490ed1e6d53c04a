import { cleanText } from '~/shared/domain/text'
import { admitItems } from './admission'
import { writeAudit } from './audit'
import type { ShareDeps } from './deps'
import { ShareFailure, unknownShare } from './failure'
import type { KeyHolder } from './keys'
import { drawToken, hashSecret, isSecret } from './secret'
import { deleteShare, findShare, insertShare, measureShares, updateShare, writeItems } from './store'
import type { ItemRejection } from './wire'

/** Shares of an agent's sessions, which its own client creates, fills and deletes with the secret it was given. */
export function createSessionShares({ database, erasure, now, quotas }: ShareDeps) {
  return {
    /**
     * A new share; or, when this key shares this session already, a new secret for it: a client that lost its database shares again and
     * goes on filling the page whose link is already out. Two machines with keys of their own never meet this way.
     */
    async create(sessionId: string, holder: KeyHolder | null): Promise<{ id: string, secret: string }> {
      const secret = drawToken(32)
      const space = holder?.space ?? null
      const actor = holder ? `key:${holder.keyId}` as const : 'anonymous'
      return database.transaction().execute(async (trx) => {
        const at = now()
        const existing = holder && await trx.selectFrom('share').select('id').where('share_key', '=', holder.keyId).where('source', '=', sessionId)
          .where('kind', '=', 'session').executeTakeFirst()
        if (existing) {
          await updateShare(trx, existing.id, { secret_hash: hashSecret(secret) })
          await writeAudit(trx, { at, event: 'share-secret-renewed', subject: existing.id, actor, space })
          return { id: existing.id, secret }
        }
        const taken = await measureShares(trx, space)
        if (taken.shares >= (space === null ? quotas.anonymousShares : quotas.spaceShares)) throw new ShareFailure(429, 'This server holds as many shares as it may: delete some first')
        const id = drawToken(16)
        await insertShare(trx, {
          id, kind: 'session', space, share_key: holder?.keyId ?? null, source: cleanText(sessionId), secret_hash: hashSecret(secret), title: '', options: null,
          built: 0, syncs: 0, views: 0, items: 0, bytes: 0, created_at: at, updated_at: at, expires_at: null,
        })
        await writeAudit(trx, { at, event: 'share-created', subject: id, actor, space })
        return { id, secret }
      })
    },

    /** Merges a batch by the client's keys. All that can be taken is stored in one transaction, or nothing is. */
    async sync(id: string, secret: string, data: readonly unknown[]): Promise<{ syncCount: number, rejected: ItemRejection[] }> {
      await this.authorise(id, secret)
      if (data.length > quotas.shareItems) throw new ShareFailure(413, `A share holds at most ${quotas.shareItems} items`)
      const batch = await admitItems(data)
      return database.transaction().execute(async (trx) => {
        const at = now()
        // The write comes first: it makes two syncs of one share wait for each other on every database.
        const { numUpdatedRows } = await trx.updateTable('share').set((row) => ({ syncs: row('syncs', '+', 1), updated_at: at }))
          .where('id', '=', id).executeTakeFirst()
        if (numUpdatedRows === 0n) throw unknownShare(id)
        const held = await writeItems(trx, id, batch.items.values())
        if (held.items > quotas.shareItems) throw new ShareFailure(413, `A share holds at most ${quotas.shareItems} items`)
        if (held.bytes > quotas.shareBytes) throw new ShareFailure(413, `A share holds at most ${quotas.shareBytes} bytes`)
        await updateShare(trx, id, { ...held, ...(batch.title === undefined ? {} : { title: cleanText(batch.title).slice(0, 300) }) })
        const share = await trx.selectFrom('share').select(['syncs', 'space']).where('id', '=', id).executeTakeFirstOrThrow()
        if (share.space === null && (await measureShares(trx, null)).bytes > quotas.anonymousBytes) throw new ShareFailure(413, 'Shares without a key take as much room as they may on this server')
        return { syncCount: share.syncs, rejected: batch.rejected }
      })
    },

    /** Deleting what is gone already succeeds, so that a client can forget it. A wrong secret on a live share does not. */
    async remove(id: string, secret: string): Promise<void> {
      if (!await findShare(database, id, now())) return
      const share = await this.authorise(id, secret)
      await database.transaction().execute(async (trx) => {
        if (await deleteShare(trx, id)) await writeAudit(trx, { at: now(), event: 'share-deleted', subject: id, actor: 'secret', space: share.space })
      })
      await erasure.settle()
    },

    /** The share, if the secret is its own. */
    async authorise(id: string, secret: string): Promise<{ space: string | null }> {
      const share = await findShare(database, id, now())
      if (!share) throw unknownShare(id)
      if (share.secret_hash === null || !isSecret(secret, share.secret_hash)) throw new ShareFailure(403, 'The secret is not this share\'s')
      return share
    },

    /** Remembers that a wrong secret was tried. */
    async recordRefusal(id: string): Promise<void> {
      const share = await findShare(database, id, now())
      if (share) await writeAudit(database, { at: now(), event: 'secret-refused', subject: id, actor: 'anonymous', space: share.space })
    },
  }
}
