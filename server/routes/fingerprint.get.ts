import { defineJsonHandler } from '~/server/http/answer'

/** What `Check sync` compares a replica with. */
export default defineJsonHandler({ auth: 'device' }, ({ context, identity }) => context.sync.fingerprint(identity.spaceId))
