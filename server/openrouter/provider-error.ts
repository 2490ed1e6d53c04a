import { boundJson } from '~/shared/domain/bounds'
import { createError, type ErrorCode, type HoldfastError } from '~/shared/errors'
import type { ProviderErrorBody } from './chat-chunk'
import type { Scrubber } from './scrub'

/** What is known of a refusal: the HTTP status (none inside a stream), its headers and the body's `error`. */
export interface Refusal { status?: number, headers?: Headers, body?: ProviderErrorBody | null }

/** The sentence a person reads; what to do about it is the app's part, by the code. */
const sentences = {
  invalid_request: 'The model refused this request.',
  key_rejected: 'OpenRouter did not accept the key.',
  insufficient_credits: 'The OpenRouter account or key has no credit left.',
  moderation_blocked: 'The request was blocked by moderation.',
  model_not_found: 'This model is not available.',
  context_too_long: 'The thread is longer than the model can read.',
  provider_rate_limited: 'The provider is limiting requests.',
  provider_unavailable: 'The provider failed to answer.',
  provider_timeout: 'The provider took too long to answer.',
} satisfies Partial<Record<ErrorCode, string>>
type ProviderCode = keyof typeof sentences

const byType: Record<string, ProviderCode> = {
  context_length_exceeded: 'context_too_long', content_policy_violation: 'moderation_blocked', authentication: 'key_rejected', payment_required: 'insufficient_credits',
  not_found: 'model_not_found', timeout: 'provider_timeout', payload_too_large: 'context_too_long', unprocessable: 'invalid_request',
  rate_limit_exceeded: 'provider_rate_limited', server: 'provider_unavailable', server_error: 'provider_unavailable',
  provider_unavailable: 'provider_unavailable', provider_overloaded: 'provider_unavailable',
}
const byAvailability: Record<string, ProviderCode> = {
  model_not_found: 'model_not_found', wrong_endpoint: 'model_not_found', no_endpoints: 'model_not_found', model_deprecated: 'model_not_found',
  free_variant_ended: 'model_not_found', region_restricted: 'model_not_found', privacy_restricted: 'model_not_found', constraint_filtered: 'model_not_found',
  model_unavailable_upstream: 'provider_unavailable', capacity_exhausted: 'provider_rate_limited', temporarily_unavailable: 'provider_unavailable',
}

function byStatus(status: number, message: string, metadata: Record<string, unknown>): ProviderCode {
  switch (status) {
    case 400:
      if (/context length|context window|maximum context|too many tokens/i.test(message)) return 'context_too_long'
      return /not a valid model/i.test(message) ? 'model_not_found' : 'invalid_request'
    case 401: return 'key_rejected'
    case 402: return 'insufficient_credits'
    case 403:
      if (metadata.reasons !== undefined || metadata.flagged_input !== undefined) return 'moderation_blocked'
      if (/limit exceeded/i.test(message)) return 'insufficient_credits'
      return /\bkeys?\b/i.test(message) ? 'key_rejected' : 'moderation_blocked'
    case 404: return 'model_not_found'
    case 408: case 504: case 524: return 'provider_timeout'
    case 413: return 'context_too_long'
    case 429: return 'provider_rate_limited'
  }
  return status >= 400 && status < 500 ? 'invalid_request' : 'provider_unavailable'
}

/** More of what a provider says would only swell the row. */
const longestWords = 2_000
const mostReasons = 20

/** Why moderation refused, in the provider's own shape as far as a row takes it: what is deep or long is its JSON text, cut. */
function toReasons(reasons: readonly unknown[], scrubber: Scrubber): unknown[] {
  return reasons.slice(0, mostReasons).map((reason) => {
    const bounded = scrubber.json(boundJson(reason))
    const text = typeof bounded === 'string' ? bounded : JSON.stringify(bounded)
    return text.length > longestWords ? text.slice(0, longestWords) : bounded
  })
}

/** Any refusal of OpenRouter's, before or inside a stream, as one of our errors (openrouter/README.md §7). Its words are scrubbed. */
export function toProviderError({ status, headers, body }: Refusal, scrubber: Scrubber): HoldfastError {
  const message = body?.message ?? ''
  const metadata = body?.metadata ?? {}
  const numeric = Number(body?.code)
  const known = status ?? (Number.isInteger(numeric) && numeric >= 100 ? numeric : undefined)
  const type = typeof metadata.error_type === 'string' ? metadata.error_type : typeof body?.code === 'string' ? body.code : ''
  const code = byAvailability[body?.availability?.code ?? ''] ?? byType[type] ?? byStatus(known ?? 502, message, metadata)
  const retryAfter = toRetryAfter(headers, body)
  const details = {
    ...(message ? { providerMessage: scrubber.cut(message, longestWords) } : {}),
    // What stood behind OpenRouter's "Provider returned error".
    ...(typeof metadata.raw === 'string' && metadata.raw ? { raw: scrubber.cut(metadata.raw, longestWords) } : {}),
    ...(known === undefined ? {} : { status: known }),
    ...(type ? { type: scrubber.cut(type) } : {}),
    ...(typeof metadata.provider_name === 'string' ? { provider: scrubber.cut(metadata.provider_name) } : {}),
    ...(Array.isArray(metadata.reasons) ? { reasons: toReasons(metadata.reasons, scrubber) } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
  return createError(code, sentences[code], details, body?.availability?.retryable ?? undefined)
}

/** Seconds until another try makes sense, from wherever the provider says it. */
function toRetryAfter(headers: Headers | undefined, body: ProviderErrorBody | null | undefined): number | undefined {
  if (typeof body?.availability?.retry_after === 'number') return body.availability.retry_after
  const header = headers?.get('retry-after')
  if (header) {
    const seconds = Number(header)
    const value = Number.isFinite(seconds) ? seconds : (Date.parse(header) - Date.now()) / 1000
    if (Number.isFinite(value)) return Math.max(0, Math.ceil(value))
  }
  return undefined
}

/** The connection failed, or the stream ended before its finish; `reason` says which. */
export const connectionError = (reason: 'unreachable' | 'broken' | 'cut' | 'redirect' | 'malformed', message: string): HoldfastError =>
  createError('provider_unavailable', message, { reason })
export const tooLargeError = (): HoldfastError => connectionError('malformed', 'The provider sent more at once than can be read.')
/** The reply ends here, with everything so far. */
export const tooManyPartsError = (): HoldfastError => createError('payload_too_large', 'The reply has more parts than a message may have.')
export const timeoutError = (seconds: number): HoldfastError => createError('provider_timeout', sentences.provider_timeout, { seconds })
export const filteredError = (): HoldfastError => createError('moderation_blocked', 'The provider stopped the answer by its content filter.', { reason: 'content_filter' })
