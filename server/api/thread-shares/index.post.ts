import { threadShareRequestSchema } from '~/shared/protocol/share'
import { defineJsonHandler } from '../../http/answer'
import { publicOrigin } from '../../shares/origin'

/** Publishes a thread. */
export default defineJsonHandler({ auth: 'device', body: threadShareRequestSchema }, async ({ event, body, identity, context: { shares } }) => {
  const id = await shares.threads.publish(identity.spaceId, identity.deviceId, body)
  return { id, url: `${publicOrigin(event.node.req, shares.publicUrl)}/share/${id}` }
})
