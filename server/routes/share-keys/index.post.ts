import { shareKeyRequestSchema } from '~/shared/protocol/share'
import { defineJsonHandler } from '../../http/answer'
import { publicOrigin } from '../../shares/origin'

/** Makes a share key. It is shown this once; `baseUrl` is what goes into the agent's `enterprise.url`. */
export default defineJsonHandler({ auth: 'device', body: shareKeyRequestSchema }, async ({ event, body, identity, context: { shares } }) => {
  const { id, key } = await shares.keys.mint(identity.spaceId, identity.deviceId, body.name)
  return { id, key, baseUrl: `${publicOrigin(event.node.req, shares.publicUrl)}/t/${key}` }
})
