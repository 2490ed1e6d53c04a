import { z } from 'zod'
import { defineJsonHandler } from '~/server/http/answer'
import { asidePlaceSchema } from '~/server/sync/aside-page'

const querySchema = z.object({ after: asidePlaceSchema.optional() })

/** A page of what the server keeps aside of the space, since it cannot read it (shared/protocol/aside.ts). */
export default defineJsonHandler({ auth: 'device', query: querySchema }, ({ context, identity, query }) => context.sync.aside(identity.spaceId, query.after))
