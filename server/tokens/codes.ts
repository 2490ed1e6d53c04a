import type { SpaceId } from '~/shared/domain/ids'
import type { Config } from '../config'
import { hostName, isLoopbackHost } from '../http/guard'
import type { Log } from '../log'
import type { Database, Trx } from '../sql/schema'
import { createCode, hashesEqual, hashSecret, normalizeCode } from './secrets'

const minute = 60_000
const pairingFor = 10 * minute
/** Twenty wrong codes in ten minutes void every open one (sync.md §5). */
const wrongLimit = 20
const wrongWithin = 10 * minute
const openCodes = 10

interface PairingCode { code: string, url: string | null, expiresAt: number }

/** The codes that let a device in without a token. Pairing codes are stored hashed and work once; the claim code lives in memory only. */
export interface Codes {
  issue(spaceId: SpaceId): Promise<PairingCode>
  /** Uses up a pairing code inside the caller's transaction; null if there is no such code, or it is too late. */
  redeem(trx: Trx, typed: string): Promise<SpaceId | null>
  /** The code that claims this server while nobody has; null while claiming by code is off. */
  claimCode(): string | null
  isClaimCode(typed: string): boolean
  /** Counts a wrong code, and voids all open ones when there were too many. */
  countWrong(): Promise<void>
}

export function createCodes(deps: { config: Pick<Config, 'claimCode' | 'publicUrl' | 'signup'>, database: Database, log: Log, now(): number }): Codes {
  const { config, database, log, now } = deps
  let drawn = createCode()
  let wrongTimes: number[] = []
  /** A code that the owner chose cannot be drawn anew: it rests instead. */
  let claimRestsUntil = 0

  const claimCode = (): string | null => {
    if (config.signup !== 'claim') return null
    if (config.claimCode === null) return drawn
    return now() < claimRestsUntil ? null : config.claimCode
  }

  return {
    claimCode,
    isClaimCode(typed) {
      const code = claimCode()
      return code !== null && hashesEqual(hashSecret(normalizeCode(code)), hashSecret(normalizeCode(typed)))
    },
    async issue(spaceId) {
      const code = createCode()
      const expiresAt = now() + pairingFor
      await database.transaction().execute(async (trx) => {
        await trx.deleteFrom('pairing_code').where('expires_at', '<=', now()).execute()
        const open = await trx.selectFrom('pairing_code').select('code_hash').where('space', '=', spaceId).orderBy('created_at', 'desc').orderBy('code_hash').execute()
        const surplus = open.slice(openCodes - 1).map((row) => row.code_hash)
        if (surplus.length > 0) await trx.deleteFrom('pairing_code').where('code_hash', 'in', surplus).execute()
        await trx.insertInto('pairing_code').values({ code_hash: hashSecret(code), space: spaceId, created_at: now(), expires_at: expiresAt }).execute()
      })
      return { code, url: pairUrl(config.publicUrl, code), expiresAt }
    },
    async redeem(trx, typed) {
      const hash = hashSecret(normalizeCode(typed))
      const row = await trx.deleteFrom('pairing_code').where('code_hash', '=', hash).returning(['space', 'expires_at']).executeTakeFirst()
      return row && row.expires_at > now() ? (row.space as SpaceId) : null
    },
    async countWrong() {
      const at = now()
      wrongTimes = [...wrongTimes.filter((time) => at - time < wrongWithin), at]
      if (wrongTimes.length < wrongLimit) return
      wrongTimes = []
      drawn = createCode()
      claimRestsUntil = at + wrongWithin
      await database.deleteFrom('pairing_code').execute()
      log.warn('too many wrong codes: every open pairing and claim code is void; npm run pair prints a new one')
    },
  }
}

/** The link of the QR code. The code stands in the fragment, which no server and no log sees; a loopback address is of no use to a phone. */
function pairUrl(publicUrl: string | null, code: string): string | null {
  if (publicUrl === null || isLoopbackHost(hostName(new URL(publicUrl).host) ?? '')) return null
  return `${publicUrl}/pair#${code}`
}
