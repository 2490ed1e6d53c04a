/**
 * A refusal in the share API's own words: `{ error, code }` with a status, since its clients know nothing of Holdfast's error shape.
 * 400 malformed, 403 not allowed, 404 unknown, 405 method, 413 too large, 429 too often.
 */
export class ShareFailure extends Error {
  override name = 'ShareFailure'
  constructor(readonly status: 400 | 403 | 404 | 405 | 413 | 429, message: string, readonly details: { retryAfter?: number, issues?: unknown[] } = {}) {
    super(message)
  }
}

const codes = { 400: 'invalid_request', 403: 'forbidden', 404: 'not_found', 405: 'method_not_allowed', 413: 'payload_too_large', 429: 'rate_limited' } as const

/** The body of a refusal. */
export function failureToBody(failure: ShareFailure): Record<string, unknown> {
  return { error: failure.message, code: codes[failure.status], ...(failure.details.issues ? { issues: failure.details.issues } : {}) }
}

export const unknownShare = (id: string): ShareFailure => new ShareFailure(404, `Share not found: ${id}`)
