import { z } from 'zod'
import { defineJsonHandler } from '../../http/answer'

const query = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) })

/** What was done to the space's shares and share keys, newest first. */
export default defineJsonHandler({ auth: 'device', query }, async ({ query: { limit }, identity, context: { shares } }) =>
  ({ entries: await shares.owner.audit(identity.spaceId, limit) }))
