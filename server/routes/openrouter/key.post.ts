import { z } from 'zod'
import { HoldfastException } from '~/shared/errors'
import { defineJsonHandler } from '~/server/http/answer'

/** In the body, because an address or a header ends up in logs. */
const bodySchema = z.object({ key: z.string().regex(/^[\x21-\x7e]{8,512}$/) })

/** What the provider says of a key: its limit, what is left, what was used. */
export default defineJsonHandler({ auth: 'device', body: bodySchema }, async ({ body, context }) => {
  const answer = await context.openrouter.keyLimits(body.key)
  if (!answer.ok) throw new HoldfastException(answer.error)
  return answer.value
})
