import { z } from 'zod'
import { limits } from '~/shared/limits'
import { defineJsonHandler, JsonText } from '~/server/http/answer'
import { pageText } from '~/server/sync/page-text'

const number = z.string().regex(/^\d{1,15}$/).transform(Number)
const querySchema = z.object({
  cursor: number.default(0),
  limit: number.pipe(z.number().min(1)).transform((limit) => Math.min(limit, limits.pageChanges)).default(limits.pageChanges),
})

/** The log after a cursor: the socket's `pull` for scripts, and for where sockets are blocked. */
export default defineJsonHandler({ auth: 'device', query: querySchema }, async ({ context, identity, query }) => {
  const outcome = await context.sync.pull(identity.spaceId, identity.deviceId, query.cursor, query.limit)
  if (outcome.kind === 'reset') return { reset: { seq: outcome.seq, schema: outcome.schema } }
  return new JsonText(pageText({ ok: true }, outcome, true))
})
