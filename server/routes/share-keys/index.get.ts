import { defineJsonHandler } from '../../http/answer'

/** The share keys of the caller's space that are in force. */
export default defineJsonHandler({ auth: 'device' }, async ({ identity, context: { shares } }) => ({ keys: await shares.keys.list(identity.spaceId) }))
