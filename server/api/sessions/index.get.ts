import { sharePageQuerySchema } from '~/shared/protocol/share'
import { defineJsonHandler } from '../../http/answer'
import { publicOrigin } from '../../shares/origin'

/** The shares of the caller's space, newest first: sessions that its keys published, and its own threads. */
export default defineJsonHandler({ auth: 'device', query: sharePageQuerySchema }, ({ event, query, identity, context: { shares } }) =>
  shares.owner.list(identity.spaceId, publicOrigin(event.node.req, shares.publicUrl), query))
