import { z } from 'zod'
import { createError, holdfastErrorSchema, unreachable, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { mintAnswerSchema, type mintBodySchema } from '~/shared/protocol/spsk'
import type { IdentityStore } from './identity'

type MintBody = z.input<typeof mintBodySchema>
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export interface ServerDoorOptions {
  identity: IdentityStore
  fetch: typeof fetch
  /** Where the server is, without a slash at the end; empty for our own origin. */
  origin: string
  timeoutMs?: number
}

export interface ServerAnswer { status: number, body: z.infer<ReturnType<typeof z.json>> }

const refusalSchema = z.object({ ok: z.literal(false), error: holdfastErrorSchema })

/** The typed error of a refusal, whatever the body looks like. */
export function toError({ status, body }: ServerAnswer): HoldfastError {
  const parsed = refusalSchema.safeParse(body)
  return parsed.success ? parsed.data.error : createError('internal', `the server answered ${status}`, { status }, status >= 500 || status === 429)
}

/** Requests to our own server in this device's name; only the leader has one. An expired token is renewed once on the way. */
export function createServerDoor({ identity, fetch, origin, timeoutMs = 30_000 }: ServerDoorOptions) {
  let closed = false

  async function send(method: Method, path: string, body?: unknown, token: string | null = identity.current().token): Promise<Result<ServerAnswer>> {
    try {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      return ok({ status: response.status, body: readJson(text) })
    } catch {
      return err(unreachable())
    }
  }

  async function mint(body: MintBody): Promise<Result<{ newFile: boolean }>> {
    const { deviceId, token, spaceId } = identity.current()
    // A token that still stands is not shown to the door: a code decides then, not the old space.
    const answer = await send('POST', '/auth/spsk/mint', { deviceId, ...(spaceId ? { spaceId } : {}), ...body }, body.pairingCode || body.claimCode ? null : token)
    if (!answer.ok) return answer
    const minted = mintAnswerSchema.safeParse(answer.value.body)
    if (!minted.success) return err(toError(answer.value))
    const granted = await identity.grant(minted.data)
    await identity.save({ deviceName: body.deviceName })
    return ok(granted)
  }

  async function renew(): Promise<Result<object>> {
    const answer = await send('POST', '/auth/spsk/renew', {})
    if (!answer.ok) return answer
    const renewed = mintAnswerSchema.safeParse(answer.value.body)
    if (!renewed.success) return err(toError(answer.value))
    await identity.grant(renewed.data)
    return ok({})
  }

  return {
    mint,
    renew,
    /** One request; a token that has just expired is renewed and the request made again, for it was refused before anything happened. */
    async request(method: Method, path: string, body?: unknown): Promise<Result<ServerAnswer>> {
      let answer = await send(method, path, body)
      if (answer.ok && answer.value.status === 401 && identity.current().token && toError(answer.value).code === 'token_expired') {
        const renewed = await renew()
        if (renewed.ok) answer = await send(method, path, body)
      }
      return closed ? err(unreachable()) : answer
    },
    /** The database is closing: what is answered from now on is as if it had not come. A token on its way is still stored. */
    close() {
      closed = true
    },
  }
}
export type ServerDoor = ReturnType<typeof createServerDoor>

/** A body that is not JSON stays as its text: a proxy's error page, mostly. */
function readJson(text: string): ServerAnswer['body'] {
  if (text === '') return null
  try {
    return z.json().parse(JSON.parse(text))
  } catch {
    return text.slice(0, 2_000)
  }
}
