import { z } from 'zod'
import { createError, errorCodeSchema, holdfastErrorSchema, type ErrorCode, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { exchangeAnswerSchema } from '~/shared/protocol/openrouter'
import { openrouterConfigSchema, type OpenRouterConfig } from '~/shared/protocol/openrouter-config'
import type { CallAnswer, CallRequest } from '~/workers/api'

/** A request to our own server, made by the worker in this device's name. */
export type Ask = (request: CallRequest<'server-request'>) => Promise<Result<CallAnswer<'server-request'>, HoldfastError>>

const directAnswerSchema = z.object({ key: z.string().min(8) })
const refusalSchema = z.object({ error: holdfastErrorSchema })
/** Codes with which our own server's door turns a request away before anything is done with it. */
const doorCodes: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'token_expired', 'token_revoked', 'origin_forbidden', 'not_found', 'rate_limited'])

/** How this server wants its people to log in to OpenRouter. */
export async function readOpenRouterConfig(ask: Ask): Promise<Result<OpenRouterConfig, HoldfastError>> {
  const answer = await ask({ method: 'GET', path: '/openrouter/config' })
  if (!answer.ok) return answer
  const parsed = openrouterConfigSchema.safeParse(answer.value.body)
  return parsed.success ? ok(parsed.data) : err(refusalSchema.safeParse(answer.value.body).data?.error ?? createError('internal', `The server answered ${answer.value.status}.`))
}

/** A code works once. So the direct call follows a refusal only when OpenRouter surely saw nothing of the first. */
function isUnused(error: HoldfastError): boolean {
  if (error.details?.reached !== undefined) return error.details.reached === false
  return errorCodeSchema.safeParse(error.code).success && doorCodes.has(error.code)
}

async function exchangeDirectly(apiUrl: string, code: string, codeVerifier: string): Promise<Result<string, HoldfastError>> {
  let response: Response
  try {
    response = await fetch(`${apiUrl}/auth/keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, code_verifier: codeVerifier, code_challenge_method: 'S256' }),
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      signal: AbortSignal.timeout(20_000),
    })
  }
  catch (cause) {
    return err(createError('provider_unavailable', 'OpenRouter could not be reached.', { cause: cause instanceof Error ? cause.name : 'unknown' }))
  }
  if (!response.ok) return err(createError('invalid_request', `OpenRouter did not accept the login code (${response.status}).`))
  const parsed = directAnswerSchema.safeParse(await response.json().catch(() => null))
  return parsed.success ? ok(parsed.data.key) : err(createError('provider_unavailable', 'OpenRouter answered something else than a key.'))
}

/** The second step of PKCE: code and verifier for a key, through our server, or directly where that is off or never got anywhere. */
export async function exchangeCode(ask: Ask, code: string, codeVerifier: string): Promise<Result<string, HoldfastError>> {
  const config = await readOpenRouterConfig(ask)
  if (!config.ok) return config
  if (!config.value.exchange) return exchangeDirectly(config.value.apiUrl, code, codeVerifier)
  const answer = await ask({ method: 'POST', path: '/openrouter/exchange', body: { code, codeVerifier, codeChallengeMethod: 'S256' } })
  if (!answer.ok) return isUnused(answer.error) ? exchangeDirectly(config.value.apiUrl, code, codeVerifier) : answer
  const parsed = exchangeAnswerSchema.safeParse(answer.value.body)
  if (parsed.success) return ok(parsed.data.key)
  const refused = refusalSchema.safeParse(answer.value.body).data?.error ?? createError('internal', `The server answered ${answer.value.status}.`)
  return isUnused(refused) ? exchangeDirectly(config.value.apiUrl, code, codeVerifier) : err(refused)
}
