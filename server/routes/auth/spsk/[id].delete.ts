import { getRouterParam } from 'h3'
import { defineJsonHandler } from '~/server/http/answer'

/** Signs a device of the caller's space out, at once. */
export default defineJsonHandler({ auth: 'device' }, async ({ event, context, identity }) => {
  await context.tokens.revoke(identity, getRouterParam(event, 'id') ?? '')
  return {}
})
