import { z } from 'zod'
import type { ClientMessage } from '~/shared/protocol/client-message'
import type { ErrorMessage } from '~/shared/protocol/error'
import type { Pull } from '~/shared/protocol/pull'
import { pullAnswerSchema } from '~/shared/protocol/pull'
import type { Push } from '~/shared/protocol/push'
import { pushAnswerSchema } from '~/shared/protocol/push-ack'
import { holdfastErrorSchema, unreachable, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import type { ServerPosition } from './position'
import type { ExchangeMessage } from './session'

const refusalSchema = z.object({ ok: z.literal(false), error: holdfastErrorSchema, upto: z.number().int().optional(), now: z.number().optional() })

export interface HttpDeps {
  fetch: (path: string, init?: RequestInit) => Promise<Response>
  token: () => string | null
}

/**
 * One request to our own server with the device's token. A failure of the network is an error value as well (`isUnreachable`), and so is
 * an answer without a reason: something before the server gave it, a proxy while the server is gone.
 */
export async function requestJson({ fetch, token }: HttpDeps, path: string, init: RequestInit = {}): Promise<Result<unknown, HoldfastError & { answer?: z.infer<typeof refusalSchema> }>> {
  let response: Response
  try {
    response = await fetch(path, { ...init, headers: { ...init.headers, 'authorization': `Bearer ${token() ?? ''}`, 'content-type': 'application/json' } })
  } catch (cause) {
    return err(unreachable(String(cause)))
  }
  const body: unknown = await response.json().catch(() => null)
  const refusal = refusalSchema.safeParse(body)
  if (refusal.success) return err({ ...refusal.data.error, answer: refusal.data })
  return response.ok && body !== null ? ok(body) : err(unreachable(`${response.status} without a reason`))
}

/** Exchanges over HTTP, which end with the session they are for. */
export interface HttpExchanges {
  /** The frames of one exchange: `/push` and `/pull` take the same bodies (sync.md §4). */
  exchange(message: Push | Pull): Promise<Result<ExchangeMessage>>
  /** Ends what is under way: what nobody waits for must not hold the line against what comes after. */
  abandon(): void
}

export function createHttpExchanges(deps: HttpDeps): HttpExchanges {
  let underWay = new AbortController()
  return {
    exchange: (message) => (message.type === 'push' ? pushOverHttp(deps, message, underWay.signal) : pullOverHttp(deps, message, underWay.signal)),
    abandon() {
      underWay.abort()
      underWay = new AbortController()
    },
  }
}

async function pushOverHttp(deps: HttpDeps, { rq, changes }: Push, signal: AbortSignal): Promise<Result<ExchangeMessage>> {
  const answered = await requestJson(deps, '/push', { method: 'POST', body: JSON.stringify({ changes }), signal })
  if (!answered.ok) {
    const { upto, now } = answered.error.answer ?? {}
    if (answered.error.code === 'push_gap' && upto !== undefined) return ok({ type: 'push-gap', rq, upto })
    if (answered.error.code === 'clock_skew' && upto !== undefined && now !== undefined) return ok({ type: 'clock-skew', rq, upto, now })
    return answered
  }
  const { upto, from, to, rejected } = pushAnswerSchema.parse(answered.value)
  return ok({ type: 'push-ack', rq, upto, from, to, ...(rejected ? { rejected } : {}) })
}

async function pullOverHttp(deps: HttpDeps, { rq, cursor, limit }: Pull, signal: AbortSignal): Promise<Result<ExchangeMessage>> {
  const answered = await requestJson(deps, `/pull?cursor=${cursor}&limit=${limit}`, { signal })
  if (!answered.ok) return answered
  const answer = pullAnswerSchema.parse(answered.value)
  return ok('reset' in answer ? { type: 'reset', rq, ...answer.reset } : { type: 'page', rq, ...answer })
}

/** What `welcome` says on a socket, by an empty push and an empty page: where the log ends and which change of ours is the last. */
export async function greetOverHttp(deps: HttpDeps): Promise<Result<ServerPosition>> {
  const pushed = await requestJson(deps, '/push', { method: 'POST', body: JSON.stringify({ changes: [] }) })
  if (!pushed.ok) return pushed
  const { head } = pushAnswerSchema.parse(pushed.value)
  const pulled = await requestJson(deps, `/pull?cursor=${head}&limit=1`)
  if (!pulled.ok) return pulled
  const answer = pullAnswerSchema.parse(pulled.value)
  if ('reset' in answer) return ok({ epoch: null, head, upto: 0, uptoClock: null })
  return ok({ epoch: null, head: answer.head, upto: answer.upto, uptoClock: answer.uptoClock })
}

/** A refusal over HTTP as the socket's frame for it, with the pause that it asks for. */
export const toErrorMessage = (rq: number, { code, message, retryable, details }: HoldfastError): ErrorMessage =>
  ({ type: 'error', rq, code, message, retryable, ...(typeof details?.retryAfter === 'number' ? { retryAfter: details.retryAfter } : {}) })

export const isExchange = (message: ClientMessage): message is Push | Pull => message.type === 'push' || message.type === 'pull'
