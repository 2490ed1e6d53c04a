import { defineEventHandler, getRouterParam, type EventHandler, type H3Event } from 'h3'
import { fail } from '~/shared/errors'
import { getContext, type Context } from '../context'
import { answerError } from '../http/answer'
import { authenticateRequest } from '../http/authenticate'
import type { Identity } from '../tokens/tokens'
import { sha256Schema } from './store'

export interface BlobCall { event: H3Event, sha256: string, identity: Identity, context: Context }

/** A route on one blob: the token first, then the name, which must be a SHA-256 and nothing else before anything looks at it. */
export function defineBlobHandler(handle: (call: BlobCall) => Promise<unknown>): EventHandler {
  return defineEventHandler(async (event) => {
    const context = getContext(event)
    try {
      event.node.res.setHeader('cache-control', 'no-store')
      const identity = await authenticateRequest(event, context)
      const sha256 = sha256Schema.safeParse(getRouterParam(event, 'sha256'))
      if (!sha256.success) fail('invalid_request', 'a blob is named by its SHA-256: 64 lower-case hex digits')
      return await handle({ event, sha256: sha256.data, identity, context })
    } catch (error) {
      return answerError(event, error, context.log)
    }
  })
}
