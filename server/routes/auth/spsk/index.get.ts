import { defineJsonHandler } from '~/server/http/answer'

/** The devices of the caller's space, and how full it is where it comes near its quota. */
export default defineJsonHandler({ auth: 'device' }, async ({ context, identity }) => {
  const nearFull = context.sync.nearFull(identity.spaceId)
  return { devices: await context.tokens.list(identity), ...(nearFull ? { nearFull } : {}) }
})
