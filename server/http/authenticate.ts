import type { H3Event } from 'h3'
import { fail, HoldfastException } from '~/shared/errors'
import type { Context } from '../context'
import type { Identity } from '../tokens/tokens'
import { markKnownPeer } from './connections'

/** The token of `Authorization: Bearer …` (`Authentication` is an alias), or null if there is none. */
export function readBearer(event: H3Event): string | null {
  const { authorization, authentication } = event.node.req.headers
  const header = authorization ?? (Array.isArray(authentication) ? authentication[0] : authentication)
  if (header === undefined) return null
  return /^Bearer +(\S+)\s*$/i.exec(header)?.[1] ?? fail('unauthorized', 'the Authorization header is not a Bearer token')
}

/** The device that calls, or a failure that says what is wrong with its token. Counts towards the limits of token and address. */
export async function authenticateRequest(event: H3Event, context: Context, { renewing = false } = {}): Promise<Identity> {
  const token = readBearer(event) ?? fail('unauthorized', 'a token is needed: Authorization: Bearer <token>')
  try {
    const identity = await context.tokens.authenticate(token, { renewing })
    markKnownPeer(event.node.req.socket)
    context.limits.countRequest(identity.tokenId)
    return identity
  } catch (error) {
    if (error instanceof HoldfastException && error.error.code === 'unauthorized') context.limits.countWrongToken(context.clientAddress(event.node.req))
    throw error
  }
}
