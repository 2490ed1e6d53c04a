import { defineJsonHandler } from '~/server/http/answer'

/** Tries what is aside again, and answers what remains. */
export default defineJsonHandler({ auth: 'device' }, async ({ context, identity }) => {
  const returned = await context.sync.returnAside(identity.spaceId)
  return { ...await context.sync.aside(identity.spaceId), returned }
})
