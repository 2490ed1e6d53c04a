import { limits } from '~/shared/limits'
import { threadShareRequestSchema } from '~/shared/protocol/share'
import { defineJsonHandler } from '../../http/answer'
import { publicOrigin } from '../../shares/origin'

const route = { auth: 'device', body: threadShareRequestSchema, limit: limits.bodyBytes } as const

/** Publishes a thread. */
export default defineJsonHandler(route, async ({ event, body, identity, context: { shares } }) => {
  const id = await shares.threads.publish(identity.spaceId, identity.deviceId, body)
  return { id, url: `${publicOrigin(event.node.req, shares.publicUrl)}/share/${id}` }
})
