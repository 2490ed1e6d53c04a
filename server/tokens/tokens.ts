import { randomBytes } from 'node:crypto'
import { createDeviceId, createId, type DeviceId, type SpaceId } from '~/shared/domain/ids'
import { fail } from '~/shared/errors'
import { tokenSchema, type Device } from '~/shared/protocol/spsk'
import type { Database, Trx } from '../sql/schema'
import type { Hub } from '../sync/hub'
import type { Flows } from './flows'
import { createToken, hashesEqual, hashSecret } from './secrets'

const day = 24 * 60 * 60 * 1000
/** How long an expired token may still renew: a device back from a drawer keeps its unsent work. */
const renewalGrace = 90 * day
const lastSeenStep = 60_000

/** Who is calling: a device of a space, by one of its tokens. */
export interface Identity { spaceId: SpaceId, deviceId: DeviceId, tokenId: string, expiresAt: number }
export interface MintedToken { token: string, tokenId: string, spaceId: SpaceId, deviceId: DeviceId, expiresAt: number }
/** With `replaceUnused` a token of the same device that never authenticated gives way: its answer was lost on the way. */
interface MintRequest { spaceId: SpaceId, deviceName: string, deviceId?: DeviceId, replaceUnused?: boolean }

export interface Tokens {
  /** The device behind a token; fails with `unauthorized`, `token_expired` or `token_revoked`. `renewing` accepts one that expired within 90 days. */
  authenticate(token: string, options?: { renewing?: boolean }): Promise<Identity>
  /** A token for a device of the space. A `deviceId` that is signed in there is `conflict`; one that was revoked, or expired for good, may come back. */
  mint(trx: Trx, request: MintRequest): Promise<MintedToken>
  /** Whether the only device of the space is this one, and its token was never used: whoever claimed the space never got the answer. */
  isUnusedClaim(trx: Database | Trx, spaceId: SpaceId, deviceId: DeviceId): Promise<boolean>
  /** A new token under the same id; the old one ends when the new one first authenticates. */
  renew(identity: Pick<Identity, 'tokenId'>): Promise<{ token: string, expiresAt: number }>
  list(identity: Identity): Promise<Device[]>
  rename(identity: Identity, tokenId: string, deviceName: string): Promise<void>
  /** Ends a device's access, and all that flows for it. */
  revoke(identity: Identity, tokenId: string): Promise<void>
  /** A device that has been connected for long is still there. */
  seen(tokenId: string): Promise<void>
  /** When a token ought to be renewed: from a third before its end. */
  renewFrom(expiresAt: number): number
}

export function createTokens(deps: { database: Database, hub: Hub, flows: Flows, now(): number, ttlDays: number }): Tokens {
  const { database, hub, flows, now } = deps
  const ttl = deps.ttlDays * day

  async function find(token: string) {
    const hash = hashSecret(token)
    const row = await database.selectFrom('client_token').selectAll()
      .where((eb) => eb.or([eb('token_hash', '=', hash), eb('next_hash', '=', hash)])).executeTakeFirst()
    if (!row) return null
    if (hashesEqual(row.token_hash, hash)) return { row, isNext: false }
    return row.next_hash !== null && hashesEqual(row.next_hash, hash) ? { row, isNext: true } : null
  }

  async function touch(row: { id: string, next_hash: string | null, last_seen: number | null, next_expires_at: number | null, expires_at: number }, isNext: boolean): Promise<void> {
    const at = now()
    if (isNext && row.next_hash !== null) {
      await database.updateTable('client_token')
        .set({ token_hash: row.next_hash, next_hash: null, next_expires_at: null, expires_at: row.next_expires_at ?? row.expires_at, last_seen: at })
        .where('id', '=', row.id).where('next_hash', '=', row.next_hash).execute()
    } else if (row.last_seen === null || at - row.last_seen >= lastSeenStep) {
      await database.updateTable('client_token').set({ last_seen: at }).where('id', '=', row.id).execute()
    }
  }

  async function own(identity: Identity, tokenId: string): Promise<void> {
    const row = await database.selectFrom('client_token').select('id')
      .where('id', '=', tokenId).where('space', '=', identity.spaceId).where('revoked_at', 'is', null).executeTakeFirst()
    if (!row) fail('not_found', 'there is no such device')
  }

  return {
    async authenticate(token, { renewing = false } = {}) {
      const found = tokenSchema.safeParse(token).success ? await find(token) : null
      if (!found) fail('unauthorized', 'this token is not known here')
      const { row, isNext } = found
      if (row.revoked_at !== null) fail('token_revoked', 'this device was signed out')
      const expiresAt = isNext ? row.next_expires_at ?? row.expires_at : row.expires_at
      if (now() >= expiresAt + (renewing ? renewalGrace : 0)) fail('token_expired', 'this token has expired')
      await touch(row, isNext)
      return { spaceId: row.space as SpaceId, deviceId: row.device as DeviceId, tokenId: row.id, expiresAt }
    },
    async isUnusedClaim(trx, spaceId, deviceId) {
      const rows = await trx.selectFrom('client_token').select(['device', 'last_seen']).where('space', '=', spaceId).limit(2).execute()
      return rows.length === 1 && rows[0]?.device === deviceId && rows[0].last_seen === null
    },
    async mint(trx, { spaceId, deviceName, deviceId = createDeviceId(randomBytes), replaceUnused = false }) {
      const taken = await trx.selectFrom('client_token').select(['id', 'last_seen'])
        .where('space', '=', spaceId).where('device', '=', deviceId).where('revoked_at', 'is', null).executeTakeFirst()
      if (taken && taken.last_seen === null && replaceUnused) await trx.deleteFrom('client_token').where('id', '=', taken.id).execute()
      else if (taken) fail('conflict', 'this device is already signed in to the space', { deviceId })
      const token = createToken()
      const tokenId = createId(now(), randomBytes)
      const expiresAt = now() + ttl
      await trx.insertInto('client_token').values({
        id: tokenId, space: spaceId, device: deviceId, device_name: deviceName, token_hash: hashSecret(token), next_hash: null, next_expires_at: null,
        created_at: now(), last_seen: null, expires_at: expiresAt, revoked_at: null,
      }).execute()
      return { token, tokenId, spaceId, deviceId, expiresAt }
    },
    async renew({ tokenId }) {
      const token = createToken()
      const expiresAt = now() + ttl
      await database.updateTable('client_token').set({ next_hash: hashSecret(token), next_expires_at: expiresAt })
        .where('id', '=', tokenId).where('revoked_at', 'is', null).execute()
      return { token, expiresAt }
    },
    async list({ spaceId, tokenId }) {
      const online = new Set([...hub.listeners(spaceId)].map((listener) => listener.tokenId))
      const rows = await database.selectFrom('client_token').selectAll()
        .where('space', '=', spaceId).where('revoked_at', 'is', null).orderBy('created_at').orderBy('id').execute()
      return rows.map((row) => ({
        id: row.id, deviceId: row.device, deviceName: row.device_name, createdAt: row.created_at, lastSeen: row.last_seen, expiresAt: row.expires_at,
        current: row.id === tokenId, online: online.has(row.id),
      }))
    },
    async rename(identity, tokenId, deviceName) {
      await own(identity, tokenId)
      await database.updateTable('client_token').set({ device_name: deviceName }).where('id', '=', tokenId).execute()
    },
    async revoke(identity, tokenId) {
      await own(identity, tokenId)
      flows.refuse(tokenId)
      await database.updateTable('client_token').set({ revoked_at: now(), next_hash: null }).where('id', '=', tokenId).execute()
      flows.end(tokenId)
    },
    async seen(tokenId) {
      const at = now()
      await database.updateTable('client_token').set({ last_seen: at }).where('id', '=', tokenId).where('last_seen', '<', at - lastSeenStep).execute()
    },
    renewFrom: (expiresAt) => expiresAt - ttl / 3,
  }
}
