import { getRouterParam } from 'h3'
import { defineJsonHandler } from '../../http/answer'

/** The owner takes a share down, of either kind, without its secret. */
export default defineJsonHandler({ auth: 'device' }, async ({ event, identity, context: { shares } }) => {
  await shares.owner.remove(identity.spaceId, identity.deviceId, getRouterParam(event, 'id') ?? '')
  return {}
})
