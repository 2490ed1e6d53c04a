import { getRouterParam } from 'h3'
import { limits } from '~/shared/limits'
import { threadShareUpdateSchema } from '~/shared/protocol/share'
import { defineJsonHandler } from '../../http/answer'

const route = { auth: 'device', body: threadShareUpdateSchema, limit: limits.bodyBytes } as const

/** Changes what a published thread shows, or builds a snapshot anew. */
export default defineJsonHandler(route, async ({ event, body, identity, context: { shares } }) => {
  await shares.threads.update(identity.spaceId, identity.deviceId, getRouterParam(event, 'id') ?? '', body)
  return {}
})
