import type { HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { providerErrorSchema } from './chat-chunk'
import { buildChatBody, type ChatRequest } from './chat-request'
import { connectionError, timeoutError, toProviderError } from './provider-error'
import { readText } from './read-text'
import type { Scrubber } from './scrub'

/** What the calls to a provider need to know. */
export interface Upstream {
  /** Without a slash at its end. */
  apiUrl: string
  /** Says who we are; OpenRouter attributes requests by it. */
  referer: string
  now: () => number
  /** Waits, but not beyond `signal`. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** How long a provider may take to begin its answer, and to send anything at all once it has. */
  headersMs: number
  idleMs: number
}

export interface ChatCall extends ChatRequest {
  key: string
  scrubber: Scrubber
  signal: AbortSignal
  /** The call was refused and is made again at this time (ms); null when it is made. */
  onRetry: (at: number | null) => void
}

/** Only these, answered before any byte of a reply, may be called again (design.md, One send 4). */
const retryableStatus: ReadonlySet<number> = new Set([429, 502, 503, 529])
const retries = 2
const retryWithinMs = 20_000

export const appHeaders = (referer: string) => ({ 'HTTP-Referer': referer, 'X-OpenRouter-Title': 'Holdfast' })

/** Calls the model. A 2xx answer is returned unread; whatever else happens is a typed error. Throws only when `signal` is aborted. */
export async function callChat(upstream: Upstream, call: ChatCall): Promise<Result<Response>> {
  const body = JSON.stringify(buildChatBody(call))
  const deadline = upstream.now() + retryWithinMs
  for (let attempt = 0; ; attempt++) {
    const answer = await post(upstream, call, body)
    if (!answer.ok) return answer
    const response = answer.value
    if (response.ok) return ok(response)
    const error = await readRefusal(response, call.scrubber)
    if (!retryableStatus.has(response.status) || attempt === retries || error.retryable === false) return err(error)
    const stated = error.details?.retryAfter
    const delay = typeof stated === 'number' ? stated * 1000 : 1000 * 3 ** attempt
    const at = upstream.now() + delay
    if (at > deadline) return err(error)
    call.onRetry(at)
    await upstream.wait(delay, call.signal)
    call.signal.throwIfAborted()
    call.onRetry(null)
  }
}

async function post({ apiUrl, referer, headersMs }: Upstream, { key, signal }: ChatCall, body: string): Promise<Result<Response>> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), headersMs)
  try {
    const response = await fetch(`${apiUrl}/chat/completions`, {
      method: 'POST',
      headers: { ...appHeaders(referer), 'Authorization': `Bearer ${key}`, 'Content-Type': 'application/json', 'Accept': 'text/event-stream' },
      body,
      // A redirect would carry the key to another place.
      redirect: 'manual',
      signal: AbortSignal.any([signal, patience.signal]),
    })
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel()
      return err(connectionError('redirect', 'The provider answered with a redirect, which is refused.'))
    }
    return ok(response)
  } catch (error) {
    if (signal.aborted) throw error
    return err(patience.signal.aborted ? timeoutError(Math.round(headersMs / 1000)) : connectionError('unreachable', 'The provider could not be reached.'))
  } finally {
    clearTimeout(timer)
  }
}

/** The body of a refusal is a word or two; more is not read. */
async function readRefusal(response: Response, scrubber: Scrubber): Promise<HoldfastError> {
  const text = (await readText(response, { limit: 64 * 1024, ms: 10_000 })) ?? ''
  return toProviderError({ status: response.status, headers: response.headers, body: parseErrorBody(text) }, scrubber)
}

/** The `error` of a body, or a short plain text in its place. */
export function parseErrorBody(text: string) {
  try {
    const value: unknown = JSON.parse(text)
    const error = value && typeof value === 'object' && 'error' in value ? value.error : value
    return providerErrorSchema.safeParse(typeof error === 'string' ? { message: error } : error).data ?? null
  } catch {
    return text.trim() && !text.trimStart().startsWith('<') ? { message: text.trim().slice(0, 500) } : null
  }
}
