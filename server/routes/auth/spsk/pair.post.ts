import { defineJsonHandler } from '~/server/http/answer'

/** A one-time code that lets another device into the caller's space for ten minutes. */
export default defineJsonHandler({ auth: 'device' }, async ({ context, identity: { spaceId } }) => {
  // The new device will want the whole state: it is made while the person types the code.
  context.snapshots.prepare(spaceId).catch((error: unknown) => context.log.warn({ err: error, space: spaceId }, 'no image could be made ahead'))
  return context.codes.issue(spaceId)
})
