import { setResponseStatus } from 'h3'
import { createError } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { pushBodySchema } from '~/shared/protocol/push'
import { defineJsonHandler, JsonText } from '~/server/http/answer'

/** A device that gives a restored server its rows again may hand in a long reply, which no socket frame could carry. */
const limit = limits.serverChangeBytes + 64 * 1024

/** The socket's `push` over HTTP. A gap or a clock ahead is 409 with what the device needs to go on; nothing is stored then. */
export default defineJsonHandler({ auth: 'device', body: pushBodySchema, limit }, async ({ event, context, identity, body }) => {
  const { spaceId, deviceId, tokenId } = identity
  const { outcome, logged } = await context.sync.push(spaceId, deviceId, body.changes, () => !context.flows.isRevoked(tokenId))
  context.sync.announce(spaceId, logged, deviceId)
  if (outcome.kind === 'stored') {
    const { upto, head, from, to, rejected } = outcome
    return { upto, head, from, to, ...(rejected.length > 0 ? { rejected } : {}) }
  }
  setResponseStatus(event, 409)
  const error = outcome.kind === 'gap'
    ? createError('push_gap', 'the push does not follow on what is stored')
    : createError('clock_skew', 'a clock is too far ahead of the server')
  const { upto } = outcome
  return new JsonText(JSON.stringify({ ok: false, error, upto, now: outcome.kind === 'skew' ? outcome.now : context.now() }))
})
