import { createError, HoldfastException } from '~/shared/errors'
import { exchangeBodySchema } from '~/shared/protocol/openrouter'
import { defineJsonHandler } from '~/server/http/answer'

/** The server's half of the login: a code for a key, which is handed on and kept nowhere. */
export default defineJsonHandler({ auth: 'device', body: exchangeBodySchema }, async ({ body, context }) => {
  if (!context.config.openrouterExchange) throw new HoldfastException(createError('not_found', 'This server does not exchange login codes.', { reached: false }))
  const answer = await context.openrouter.exchange(body)
  if (!answer.ok) throw new HoldfastException(answer.error)
  return answer.value
})
