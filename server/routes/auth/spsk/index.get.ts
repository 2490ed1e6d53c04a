import { defineJsonHandler } from '~/server/http/answer'

/** The devices of the caller's space. */
export default defineJsonHandler({ auth: 'device' }, async ({ context, identity }) => ({ devices: await context.tokens.list(identity) }))
