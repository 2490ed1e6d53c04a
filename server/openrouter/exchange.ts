import { z } from 'zod'
import { parseJson } from '~/shared/domain/text'
import { createError, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { appHeaders, parseErrorBody, type Upstream } from './chat'
import { toProviderError } from './provider-error'
import { longestAnswer, readText } from './read-text'
import { createScrubber } from './scrub'

const answerSchema = z.object({ key: z.string().min(1), user_id: z.string().nullish() })
export interface ExchangeRequest { code: string, codeVerifier: string, codeChallengeMethod: 'S256' }

/** A login code and its verifier for a key (PKCE step 2). A code works once, so `details.reached` says whether the provider may have seen it. */
export async function exchangeCode({ apiUrl, referer, headersMs }: Upstream, request: ExchangeRequest): Promise<Result<{ key: string, userId: string | null }>> {
  const body = JSON.stringify({ code: request.code, code_verifier: request.codeVerifier, code_challenge_method: request.codeChallengeMethod })
  let response: Response
  try {
    response = await fetch(`${apiUrl}/auth/keys`, {
      method: 'POST', headers: { ...appHeaders(referer), 'Content-Type': 'application/json' }, body, redirect: 'error', signal: AbortSignal.timeout(headersMs),
    })
  } catch (error) {
    return err(createError('provider_unavailable', 'OpenRouter could not be reached.', { reached: !neverLeft(error) }))
  }
  const text = await readText(response, { limit: longestAnswer, ms: headersMs, whole: true }) ?? ''
  if (!response.ok) return err(refused(response, text))
  const parsed = answerSchema.safeParse(parseJson(text))
  if (!parsed.success) return err(createError('provider_unavailable', 'OpenRouter answered something else than a key.', { reached: true }))
  return ok({ key: parsed.data.key, userId: parsed.data.user_id ?? null })
}

function refused(response: Response, text: string): HoldfastError {
  const error = toProviderError({ status: response.status, headers: response.headers, body: parseErrorBody(text) }, createScrubber(null))
  if (response.status >= 500 || response.status === 429) return { ...error, details: { ...error.details, reached: true } }
  return createError('invalid_request', 'The login code was not accepted. Log in again.', { ...error.details, reached: true })
}

const unconnected: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/** Whether a failed fetch surely never got as far as sending anything. */
function neverLeft(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  const causes = cause instanceof AggregateError ? cause.errors : [cause]
  return causes.every((item: unknown) => item instanceof Error && 'code' in item && typeof item.code === 'string' && unconnected.has(item.code))
}
