import { sharePageQuerySchema } from '~/shared/protocol/share'
import { defineJsonHandler } from '../../http/answer'
import { publicOrigin } from '../../shares/origin'

/** The published threads of the caller's space, or with `thread` those of one of them, with their view counts. */
export default defineJsonHandler({ auth: 'device', query: sharePageQuerySchema }, async ({ event, query, identity, context: { shares } }) => {
  const { sessions, next } = await shares.owner.list(identity.spaceId, publicOrigin(event.node.req, shares.publicUrl), { ...query, kind: 'thread' })
  return { shares: sessions, next }
})
