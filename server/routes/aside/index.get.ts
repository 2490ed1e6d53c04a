import { defineJsonHandler } from '~/server/http/answer'

/** What the server keeps aside of the space, since it cannot read it (shared/protocol/aside.ts). */
export default defineJsonHandler({ auth: 'device' }, ({ context, identity }) => context.sync.aside(identity.spaceId))
