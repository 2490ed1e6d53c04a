import { createHmac } from 'node:crypto'
import type { SpaceId } from '~/shared/domain/ids'
import type { Config } from '../config'
import { hostName, isLoopbackHost } from '../http/guard'
import type { Log } from '../log'
import type { Database, Trx } from '../sql/schema'
import { createCodeWaits, type CodeTry } from './code-waits'
import { createCode, hashesEqual, normalizeCode } from './secrets'

const minute = 60_000
const pairingFor = 10 * minute
/** So many wrong codes in ten minutes, over the whole server, void the open pairing codes: no address and no household tries as many. */
const wrongLimit = 10_000
const wrongWithin = 10 * minute
const openCodes = 10

interface PairingCode { code: string, url: string | null, expiresAt: number }

/**
 * The codes that let a device in without a token. Pairing codes are stored under a keyed hash and work once; the claim code lives in memory
 * only, and is never void: whoever tries it only has to wait.
 */
export interface Codes {
  issue(spaceId: SpaceId): Promise<PairingCode>
  /** Uses up a pairing code inside the caller's transaction; null if there is no such code, or it is too late. */
  redeem(trx: Trx, typed: string): Promise<SpaceId | null>
  /** The code that claims this server while nobody has; null while claiming by code is off. */
  claimCode(): string | null
  isClaimCode(typed: string): boolean
  /** A try begins; fails with `rate_limited` while its address has to wait. */
  begin(address: string): CodeTry
  /** Counts a wrong code, and voids the open pairing codes when there were too many. */
  countWrong(): Promise<void>
}

interface CodesDeps { config: Pick<Config, 'claimCode' | 'publicUrl' | 'signup'>, database: Database, log: Log, now(): number, key: Buffer }

export function createCodes({ config, database, log, now, key }: CodesDeps): Codes {
  const claimCode = config.signup === 'claim' ? config.claimCode ?? createCode() : null
  const waits = createCodeWaits(now)
  const hashCode = (code: string) => createHmac('sha256', key).update(normalizeCode(code)).digest('hex')
  /** Wrong codes by the minute, of the last ten. */
  const wrong = new Map<number, number>()

  return {
    claimCode: () => claimCode,
    isClaimCode: (typed) => claimCode !== null && normalizeCode(typed) !== '' && hashesEqual(hashCode(claimCode), hashCode(typed)),
    begin: waits.begin,
    async issue(spaceId) {
      const code = createCode()
      const expiresAt = now() + pairingFor
      await database.transaction().execute(async (trx) => {
        await trx.deleteFrom('pairing_code').where('expires_at', '<=', now()).execute()
        const open = await trx.selectFrom('pairing_code').select('code_hash').where('space', '=', spaceId).orderBy('created_at', 'desc').orderBy('code_hash').execute()
        const surplus = open.slice(openCodes - 1).map((row) => row.code_hash)
        if (surplus.length > 0) await trx.deleteFrom('pairing_code').where('code_hash', 'in', surplus).execute()
        await trx.insertInto('pairing_code').values({ code_hash: hashCode(code), space: spaceId, created_at: now(), expires_at: expiresAt }).execute()
      })
      return { code, url: pairUrl(config.publicUrl, code), expiresAt }
    },
    async redeem(trx, typed) {
      const row = await trx.deleteFrom('pairing_code').where('code_hash', '=', hashCode(typed)).returning(['space', 'expires_at']).executeTakeFirst()
      return row && row.expires_at > now() ? (row.space as SpaceId) : null
    },
    async countWrong() {
      const current = Math.floor(now() / minute)
      wrong.set(current, (wrong.get(current) ?? 0) + 1)
      for (const counted of wrong.keys()) if (Math.abs(current - counted) >= wrongWithin / minute) wrong.delete(counted)
      if ([...wrong.values()].reduce((sum, count) => sum + count) < wrongLimit) return
      wrong.clear()
      await database.deleteFrom('pairing_code').execute()
      log.warn('too many wrong codes: every open pairing code is void; npm run pair prints a new one')
    },
  }
}

/** The link of the QR code. The code stands in the fragment, which no server and no log sees; a loopback address is of no use to a phone. */
function pairUrl(publicUrl: string | null, code: string): string | null {
  if (publicUrl === null || isLoopbackHost(hostName(new URL(publicUrl).host) ?? '')) return null
  return `${publicUrl}/pair#${code}`
}
