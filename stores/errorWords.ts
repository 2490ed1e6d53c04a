import type { ErrorCode, HoldfastError } from '~/shared/errors'

/** What a person can do about an error; the place that shows it knows how. */
export type ErrorRemedy = 'login' | 'add-credit' | 'choose-model' | 'new-chat' | 'retry' | 'pair' | 'reload' | 'storage' | null

interface Words {
  sentence: string
  remedy: ErrorRemedy
}

const words: Record<ErrorCode, Words> = {
  invalid_request: { sentence: 'The request was not understood.', remedy: 'retry' },
  unauthorized: { sentence: 'This device is signed out of the server.', remedy: 'pair' },
  token_expired: { sentence: 'This device has been away for too long and is signed out.', remedy: 'pair' },
  token_revoked: { sentence: 'This device was revoked.', remedy: 'pair' },
  origin_forbidden: { sentence: 'The server does not serve this address.', remedy: null },
  not_found: { sentence: 'The server does not know it (any more).', remedy: 'retry' },
  request_timeout: { sentence: 'The connection is too slow for this.', remedy: 'retry' },
  conflict: { sentence: 'Another device was faster.', remedy: 'retry' },
  push_gap: { sentence: 'Sync lost its place and is finding it again.', remedy: null },
  clock_skew: { sentence: 'The clock of this device is far ahead; sync is correcting it.', remedy: null },
  payload_too_large: { sentence: 'That is too large to be sent.', remedy: null },
  unsupported_media_type: { sentence: 'This kind of file cannot be taken.', remedy: null },
  upgrade_required: { sentence: 'The server is newer than this page.', remedy: 'reload' },
  rate_limited: { sentence: 'The server asks for a pause.', remedy: 'retry' },
  internal: { sentence: 'Something went wrong in Holdfast.', remedy: 'retry' },
  database_damaged: { sentence: 'The server’s database is damaged. What is on this device is whole.', remedy: null },
  storage_full: { sentence: 'The storage is full.', remedy: 'storage' },
  key_missing: { sentence: 'A reply needs your OpenRouter key, and there is none on this device.', remedy: 'login' },
  key_rejected: { sentence: 'OpenRouter does not accept the key of this device.', remedy: 'login' },
  insufficient_credits: { sentence: 'Your OpenRouter account has no credit left for this.', remedy: 'add-credit' },
  moderation_blocked: { sentence: 'The provider refused this message.', remedy: 'choose-model' },
  model_not_found: { sentence: 'This model is not available.', remedy: 'choose-model' },
  context_too_long: { sentence: 'The thread is longer than this model can read.', remedy: 'choose-model' },
  provider_rate_limited: { sentence: 'The provider is busy and asks for a pause.', remedy: 'retry' },
  provider_unavailable: { sentence: 'The provider failed to answer.', remedy: 'retry' },
  provider_timeout: { sentence: 'The provider took too long.', remedy: 'retry' },
}

/** A sentence for a person, the provider's or server's own words, and what can be done. */
export function errorToWords(error: HoldfastError): Words & { detail: string | null } {
  const { sentence, remedy } = words[error.code]
  const providerMessage = error.details?.providerMessage
  const detail = typeof providerMessage === 'string' && providerMessage ? providerMessage : toSentence(error.message)
  return { sentence, remedy, detail: detail && detail !== sentence ? detail : null }
}

/** Our own messages are written to follow a code, as in a log; here they follow a sentence. */
const toSentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1) + (/[\p{L}\p{N})]$/u.test(text) ? '.' : '')

/** The time in ms at which trying again makes sense, if the error says: `details.retryAfter` is in seconds from `since`. */
export function errorToRetryAt(error: HoldfastError, since: number): number | null {
  const seconds = error.details?.retryAfter
  return typeof seconds === 'number' && Number.isFinite(seconds) ? since + seconds * 1000 : null
}
