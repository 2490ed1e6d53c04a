import { z } from 'zod'

/**
 * Every error code that crosses a border (HTTP, socket, worker RPC, message row), with the HTTP status it answers.
 * Adding a code here is all it takes for every door to know it.
 */
export const errorStatus = {
  invalid_request: 400,
  unauthorized: 401,
  token_expired: 401,
  token_revoked: 403,
  origin_forbidden: 403,
  not_found: 404,
  request_timeout: 408,
  conflict: 409,
  push_gap: 409,
  clock_skew: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  upgrade_required: 426,
  rate_limited: 429,
  internal: 500,
  database_damaged: 503,
  storage_full: 507,
  key_missing: 400,
  key_rejected: 401,
  insufficient_credits: 402,
  moderation_blocked: 403,
  model_not_found: 404,
  context_too_long: 413,
  provider_rate_limited: 429,
  provider_unavailable: 502,
  provider_timeout: 504,
} as const

export type ErrorCode = keyof typeof errorStatus

const retryableCodes: ReadonlySet<ErrorCode> = new Set([
  'request_timeout', 'rate_limited', 'internal', 'provider_rate_limited', 'provider_unavailable', 'provider_timeout',
])

export const errorCodeSchema = z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]])

/** The one error shape of Holdfast, as it stands in an HTTP answer, a socket frame or a message row. */
export const holdfastErrorSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
})
export type HoldfastError = z.infer<typeof holdfastErrorSchema>

/** Builds an error value; `retryable` follows from the code unless it is given. */
export function createError(code: ErrorCode, message: string, details?: Record<string, unknown>, retryable = retryableCodes.has(code)): HoldfastError {
  return { code, message, retryable, ...(details ? { details } : {}) }
}

/** Our own server could not be asked at all; nothing is known of what it did. */
export const unreachable = (why?: string): HoldfastError => createError('internal', `the server cannot be reached${why ? `: ${why}` : ''}`, { network: true }, true)
export const isUnreachable = (error: HoldfastError): boolean => error.details?.network === true

/** An expected failure on its way to a door; anything else that is thrown is a bug and answers `internal`. */
export class HoldfastException extends Error {
  override name = 'HoldfastException'
  constructor(readonly error: HoldfastError, options?: { cause?: unknown }) {
    super(error.message, options)
  }
}

/** Throws an expected failure from a place where returning a Result would only be passed on. */
export function fail(code: ErrorCode, message: string, details?: Record<string, unknown>): never {
  throw new HoldfastException(createError(code, message, details))
}
