import { createDeviceId, drawBase32, type RandomBytes, type SpaceId } from '~/shared/domain/ids'
import { identitySchema, type IdentityRow, type SecretsDatabase } from './store'

export type Identity = Omit<IdentityRow, 'id'>

/** A token as the server gave it. */
export interface Grant { token: string, tokenId: string, spaceId: string, expiresAt: number }

/** The identity of this profile. Only the leader writes it; a new leader reads what the last one left. */
export async function openIdentity(database: SecretsDatabase, randomBytes: RandomBytes, deviceName: string) {
  let row: IdentityRow = await database.transaction('rw', database.identity, async () => {
    const found = identitySchema.safeParse(await database.identity.get('self'))
    if (found.success) return found.data
    const fresh: IdentityRow = {
      id: 'self', deviceId: createDeviceId(randomBytes), deviceName, file: drawBase32(12, randomBytes),
      spaceId: null, tokenId: null, token: null, expiresAt: null, claimNeeded: false, signedOut: false, formerFiles: [], damaged: false, doomedFiles: [],
    }
    await database.identity.put(fresh)
    return fresh
  })

  /** Read again before it is written: a leader that was just replaced may have stored the token it had asked for. */
  async function save(patch: Partial<Identity>): Promise<Identity> {
    row = await database.transaction('rw', database.identity, async () => {
      const stored = identitySchema.safeParse(await database.identity.get('self'))
      const next = { ...(stored.success ? stored.data : row), ...patch }
      await database.identity.put(next)
      return next
    })
    return row
  }

  return {
    current: (): Identity => row,
    save,
    /** Takes a minted or renewed token. A local file gets its space; a file of another space is left aside for a new one. */
    async grant(grant: Grant): Promise<{ newFile: boolean }> {
      const spaceId = grant.spaceId as SpaceId
      const newFile = row.spaceId !== null && row.spaceId !== spaceId
      await save({
        token: grant.token, tokenId: grant.tokenId, spaceId, expiresAt: grant.expiresAt, claimNeeded: false, signedOut: false,
        ...(newFile ? { formerFiles: [...row.formerFiles, row.file], file: drawBase32(12, randomBytes) } : {}),
      })
      return { newFile }
    },
    /** Forgets the token. With `wipe` a new device begins, in a new file and under the name of its browser; the caller deletes the old ones. */
    async signOut(wipe: boolean): Promise<void> {
      const forget = { token: null, tokenId: null, expiresAt: null, signedOut: true, claimNeeded: false }
      await save(wipe
        ? { ...forget, deviceId: createDeviceId(randomBytes), deviceName, file: drawBase32(12, randomBytes), spaceId: null, formerFiles: [], damaged: false, doomedFiles: [...row.doomedFiles, row.file, ...row.formerFiles] }
        : forget)
    },
  }
}
export type IdentityStore = Awaited<ReturnType<typeof openIdentity>>

/** A first name for this device, from its browser's own words: `Chrome on Linux`. */
export function describeDevice(userAgent: string): string {
  const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent))?.[1]
  const browser = find([[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/Chrom(?:e|ium)\//, 'Chrome'], [/Safari\//, 'Safari']])
  const system = find([[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']])
  return [browser ?? 'Browser', system].filter(Boolean).join(' on ')
}
