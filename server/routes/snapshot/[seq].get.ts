import { getRouterParam } from 'h3'
import { z } from 'zod'
import { defineJsonHandler, parse } from '~/server/http/answer'

const seqSchema = z.string().regex(/^\d{1,15}$/).transform(Number)
const querySchema = z.object({ format: z.enum(['image', 'rows']).default('image') })

/** The state a device starts over from: a SQLite image, or with `?format=rows` NDJSON (shared/protocol/snapshot.ts). */
export default defineJsonHandler({ auth: 'device', query: querySchema }, async ({ event, context, identity, query }) => {
  // Whatever number is asked for, the answer says where it stands, and the log leads on from there.
  parse(seqSchema, getRouterParam(event, 'seq'), 'sequence number')
  const response = event.node.res
  if (query.format === 'rows') {
    const { stream } = await context.snapshots.rows(identity.spaceId)
    response.setHeader('content-type', 'application/x-ndjson')
    return stream
  }
  const { stream, bytes } = await context.snapshots.image(identity.spaceId)
  response.setHeader('content-type', 'application/vnd.sqlite3')
  response.setHeader('content-length', String(bytes))
  return stream
})
