import type { H3Event } from 'h3'
import { fail, HoldfastException } from '~/shared/errors'
import type { Context } from '../context'
import type { FlowToken } from '../tokens/flows'
import type { Identity } from '../tokens/tokens'
import { markKnownPeer } from './connections'

/** The token of `Authorization: Bearer …` (`Authentication` is an alias), or null if there is none. */
export function readBearer(event: H3Event): string | null {
  const { authorization, authentication } = event.node.req.headers
  const header = authorization ?? (Array.isArray(authentication) ? authentication[0] : authentication)
  if (header === undefined) return null
  return /^Bearer +(\S+)\s*$/i.exec(header)?.[1] ?? fail('unauthorized', 'the Authorization header is not a Bearer token')
}

/** What is being answered when its token ends may say so within this (ms); the connection ends then. */
const lastWordsMs = 500

/** The device that calls, or a failure that says what is wrong with its token. Counts towards the limits of token and address; the request and its answer end with the token. */
export async function authenticateRequest(event: H3Event, context: Context, { renewing = false } = {}): Promise<Identity> {
  const token = readBearer(event) ?? fail('unauthorized', 'a token is needed: Authorization: Bearer <token>')
  try {
    const identity = await context.tokens.authenticate(token, { renewing })
    markKnownPeer(event.node.req.socket)
    context.limits.countRequest(identity.tokenId)
    openFlow(event, context, renewing ? { ...identity, expiresAt: Number.POSITIVE_INFINITY } : identity)
    return identity
  } catch (error) {
    if (error instanceof HoldfastException && error.error.code === 'unauthorized') context.limits.countWrongToken(context.clientAddress(event.node.req))
    throw error
  }
}

/** A stream breaks off where it is; what has not begun its answer is refused by its handler or cut off a moment later, so that a device that signs itself out hears that it did. */
function openFlow({ node: { req, res } }: H3Event, { flows }: Context, token: FlowToken): void {
  if (res.closed || req.socket.destroyed) return
  const flow = flows.open(token, () => {
    if (res.headersSent) res.destroy()
    else setTimeout(() => res.writableFinished || res.destroy(), lastWordsMs).unref()
  })
  // An answer that waits behind another one on its connection hears nothing of the connection's end.
  const over = res.socket ? res : req.socket
  over.once('close', () => flow.close())
}
