import { getRouterParam } from 'h3'
import { threadShareUpdateSchema } from '~/shared/protocol/share'
import { defineJsonHandler } from '../../http/answer'

/** Changes what a published thread shows, or builds a snapshot anew. */
export default defineJsonHandler({ auth: 'device', body: threadShareUpdateSchema }, async ({ event, body, identity, context: { shares } }) => {
  await shares.threads.update(identity.spaceId, identity.deviceId, getRouterParam(event, 'id') ?? '', body)
  return {}
})
