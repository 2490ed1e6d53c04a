import { sql } from 'kysely'
import type { z } from 'zod'
import { fail } from '~/shared/errors'
import type { mintBodySchema } from '~/shared/protocol/spsk'
import type { SpaceId } from '~/shared/domain/ids'
import type { Context } from '../context'
import type { Trx } from '../sql/schema'
import type { Identity, MintedToken } from './tokens'

/** Who asks: `identity` with a Bearer, `address` for the limits, `mayClaim` if nothing speaks against a claim without a code. */
export interface MintCaller { identity: Identity | null, address: string, mayClaim: boolean }
type MintBody = z.output<typeof mintBodySchema>
type MintInto = (trx: Trx, spaceId: SpaceId) => Promise<MintedToken>

/** Any number that is ours: two first devices cannot both claim. */
const claimLock = 4_826_510_933

/**
 * A token for a device: by a pairing code, a claim code, the Bearer of a device that is already in, open sign-up or a first claim, in
 * this order. A wrong code is 401 and never falls through to the next (sync.md §5).
 */
export async function mint(context: Context, body: MintBody, caller: MintCaller): Promise<MintedToken> {
  const { limits } = context
  const { deviceId, deviceName } = body
  // A device whose first answer was lost on the way asks again, with the same id: its unused token gives way.
  const into: MintInto = (trx, spaceId) => context.tokens.mint(trx, { spaceId, deviceName, deviceId, replaceUnused: caller.identity === null })

  if (body.pairingCode !== undefined || body.claimCode !== undefined) {
    limits.countMint(caller.address)
    return mintByCode(context, body, { address: caller.address, into })
  }
  const { identity } = caller
  if (identity) return context.database.transaction().execute((trx) => into(trx, identity.spaceId))
  limits.countMint(caller.address)
  if (context.config.signup === 'open') {
    return context.database.transaction().execute(async (trx) => into(trx, await context.spaces.create(trx)))
  }
  const owner = await context.spaces.first()
  if (context.config.signup === 'claim' && caller.mayClaim && owner !== null && deviceId !== undefined && await context.tokens.isUnusedClaim(context.database, owner, deviceId)) {
    return context.database.transaction().execute((trx) => into(trx, owner))
  }
  if (context.config.signup === 'claim' && owner === null) {
    if (caller.mayClaim) return claim(context, body, into)
    return fail('unauthorized', 'this server needs its claim code: it was printed at its start, and npm run pair prints it', { reason: 'claim_code_needed' })
  }
  return fail('unauthorized', 'this server is taken; pair this device with a code', { reason: 'pairing_needed' })
}

async function mintByCode(context: Context, body: MintBody, { address, into }: { address: string, into: MintInto }): Promise<MintedToken> {
  const { codes, database } = context
  const { pairingCode, claimCode = '' } = body
  const attempt = codes.begin(address)
  try {
    const minted = pairingCode === undefined
      ? codes.isClaimCode(claimCode) && await claim(context, body, into)
      : await database.transaction().execute(async (trx) => {
        const spaceId = await codes.redeem(trx, pairingCode)
        return spaceId !== null && into(trx, spaceId)
      })
    if (minted) {
      attempt.right()
      return minted
    }
  } catch (error) {
    // The code was right, or nobody knows: what failed is something else.
    attempt.right()
    throw error
  }
  await codes.countWrong()
  return fail('unauthorized', 'this code is not valid, or no longer', { reason: 'wrong_code' })
}

/** The first device makes the space, or brings the one that it holds. */
async function claim({ database, dialect, spaces }: Context, { spaceId }: MintBody, into: MintInto): Promise<MintedToken> {
  return database.transaction().execute(async (trx) => {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${claimLock})`.execute(trx)
    if (await spaces.first(trx) !== null) return fail('conflict', 'this server has been claimed; pair this device with a code', { reason: 'pairing_needed' })
    return into(trx, await spaces.create(trx, spaceId))
  })
}
