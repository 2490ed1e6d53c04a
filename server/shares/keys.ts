import { sql } from 'kysely'
import type { ShareKeySummary } from '~/shared/protocol/share'
import { fail } from '~/shared/errors'
import { writeAudit } from './audit'
import type { ShareDeps } from './deps'
import { drawToken, hashSecret, isSecret } from './secret'

/** Begins every share key, so that a secret scanner, and a person, can tell it from a device's token. */
const prefix = 'hfk_'
const pattern = /^hfk_[A-Za-z0-9_-]{43}$/

/** Whoever publishes with a key: its space owns what they publish. */
export interface KeyHolder { keyId: string, space: string }

/**
 * Keys that an agent's configuration holds as a base path (`<origin>/t/<key>`), because its client can send no header.
 * A key may create shares and nothing else: it reads nothing and is no device.
 */
export function createShareKeys({ database, now, quotas }: ShareDeps) {
  return {
    /** The one time the key itself is shown. */
    async mint(space: string, deviceId: string, name: string): Promise<{ id: string, key: string }> {
      const key = prefix + drawToken(32)
      const id = drawToken(16)
      await database.transaction().execute(async (trx) => {
        const { keys } = await trx.selectFrom('share_key').where('space', '=', space).where('revoked_at', 'is', null)
          .select(sql<number>`count(*)`.as('keys')).executeTakeFirstOrThrow()
        if (Number(keys) >= quotas.spaceKeys) fail('conflict', `There are ${quotas.spaceKeys} share keys already: revoke one first`)
        await trx.insertInto('share_key')
          .values({ id, space, name, key_hash: hashSecret(key), created_at: now(), last_used: null, revoked_at: null }).execute()
        await writeAudit(trx, { at: now(), event: 'key-minted', subject: id, actor: `device:${deviceId}`, space })
      })
      return { id, key }
    },

    async list(space: string): Promise<ShareKeySummary[]> {
      const rows = await database.selectFrom('share_key').where('space', '=', space).where('revoked_at', 'is', null)
        .select((row) => [
          'id', 'name', 'created_at', 'last_used',
          row.selectFrom('share').whereRef('share.share_key', '=', 'share_key.id').select(sql<number>`count(*)`.as('count')).as('shares'),
        ])
        .orderBy('created_at').orderBy('id').execute()
      return rows.map((row) => ({ id: row.id, name: row.name, createdAt: row.created_at, lastUsed: row.last_used, shares: Number(row.shares) }))
    },

    /** What it published stays; nothing more can be published with it. */
    async revoke(space: string, deviceId: string, id: string): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx.updateTable('share_key').set({ revoked_at: now() })
          .where('id', '=', id).where('space', '=', space).where('revoked_at', 'is', null).executeTakeFirst()
        if (numUpdatedRows === 0n) fail('not_found', 'There is no such share key')
        await writeAudit(trx, { at: now(), event: 'key-revoked', subject: id, actor: `device:${deviceId}`, space })
      })
    },

    /** The holder of a key that is in force. */
    async find(key: string): Promise<KeyHolder | null> {
      if (!pattern.test(key)) return null
      const row = await database.selectFrom('share_key').select(['id', 'space', 'key_hash'])
        .where('key_hash', '=', hashSecret(key)).where('revoked_at', 'is', null).executeTakeFirst()
      if (!row || !isSecret(key, row.key_hash)) return null
      await database.updateTable('share_key').set({ last_used: now() }).where('id', '=', row.id).execute()
      return { keyId: row.id, space: row.space }
    },
  }
}
