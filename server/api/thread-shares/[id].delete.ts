import { getRouterParam } from 'h3'
import { defineJsonHandler } from '../../http/answer'

/** Revokes a published thread: its page is gone at once. */
export default defineJsonHandler({ auth: 'device' }, async ({ event, identity, context: { shares } }) => {
  await shares.owner.remove(identity.spaceId, identity.deviceId, getRouterParam(event, 'id') ?? '')
  return {}
})
