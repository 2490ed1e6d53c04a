import { defineJsonHandler } from '~/server/http/answer'
import { authenticateRequest } from '~/server/http/authenticate'

/** A new token in place of the caller's, which may have expired up to 90 days ago. The old one ends when the new one is first used. */
export default defineJsonHandler({ auth: 'none' }, async ({ event, context }) => {
  const { spaceId, deviceId, tokenId } = await authenticateRequest(event, context, { renewing: true })
  return { ...(await context.tokens.renew({ tokenId })), tokenId, spaceId, deviceId }
})
