import { getRouterParam } from 'h3'
import { defineJsonHandler } from '../../http/answer'

/** Revokes a share key. What it published stays until it is deleted. */
export default defineJsonHandler({ auth: 'device' }, async ({ event, identity, context: { shares } }) => {
  await shares.keys.revoke(identity.spaceId, identity.deviceId, getRouterParam(event, 'id') ?? '')
  return {}
})
