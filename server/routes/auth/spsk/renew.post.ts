import { defineJsonHandler } from '~/server/http/answer'

/** A new token in place of the caller's, which may have expired up to 90 days ago. The old one ends when the new one is first used. */
export default defineJsonHandler({ auth: 'renewing' }, async ({ context, identity }) => {
  const { spaceId, deviceId, tokenId } = identity
  return { ...(await context.tokens.renew({ tokenId })), tokenId, spaceId, deviceId }
})
