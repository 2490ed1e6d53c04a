import { getRouterParam } from 'h3'
import { renameBodySchema } from '~/shared/protocol/spsk'
import { defineJsonHandler } from '~/server/http/answer'

/** Renames a device of the caller's space. */
export default defineJsonHandler({ auth: 'device', body: renameBodySchema }, async ({ event, context, identity, body }) => {
  await context.tokens.rename(identity, getRouterParam(event, 'id') ?? '', body.deviceName)
  return {}
})
