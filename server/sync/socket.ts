import type { Hooks, Peer } from 'crossws'
import { HoldfastException, createError, errorStatus, type ErrorCode } from '~/shared/errors'
import { closeCode } from '~/shared/protocol/close-code'
import { tokenSchema } from '~/shared/protocol/spsk'
import { subProtocol, tokenProtocolPrefix } from '~/shared/protocol/version'
import type { Config } from '../config'
import type { Context } from '../context'
import { guardRequest } from '../http/guard'
import { toStorageFailure } from '../sql/storage-failure'
import { createSyncSession, type SyncSession } from './session'

/** Frames that may come before the token has been looked up. */
const earlyFrames = 64
interface Connection { session: SyncSession | null, ready: Promise<void>, early: number, gone: boolean }

/**
 * The server's socket hooks, for every path: an upgrade elsewhere than `/sync`, without our sub-protocols or from a foreign page is
 * refused before it exists. A well-formed token that fails is let in and closed with its code, since a page cannot read the status
 * of a refused upgrade (sync.md §4).
 */
export function createSocketHooks(config: Pick<Config, 'publicUrl'>, ready: () => Promise<Context>): Partial<Hooks> {
  const connections = new Map<string, Connection>()
  return {
    upgrade({ url, headers }) {
      if (!URL.canParse(url)) return refusal('invalid_request')
      const path = new URL(url).pathname
      const origin = headers.get('origin') ?? undefined
      const refused = guardRequest({ method: 'GET', path, host: headers.get('host') ?? undefined, origin, isUpgrade: true }, config)
      if (refused) return refusal(refused.code)
      if (path !== '/sync') return refusal('not_found')
      if (readToken(headers) === null) return refusal('unauthorized')
    },
    open(peer) {
      const connection: Connection = { session: null, ready: Promise.resolve(), early: 0, gone: false }
      connections.set(peer.id, connection)
      connection.ready = openSession(peer, connection, ready)
    },
    message(peer, message) {
      const connection = connections.get(peer.id)
      if (!connection) return
      const text = message.text()
      if (connection.session) return void connection.session.receive(text)
      if (++connection.early > earlyFrames) return peer.terminate()
      void connection.ready.then(() => connection.session?.receive(text))
    },
    close: (peer) => forget(peer),
    error: (peer) => forget(peer),
  }

  function forget(peer: Peer): void {
    const connection = connections.get(peer.id)
    connections.delete(peer.id)
    if (!connection) return
    connection.gone = true
    connection.session?.end()
  }
}

async function openSession(peer: Peer, connection: Connection, ready: () => Promise<Context>): Promise<void> {
  try {
    const context = await ready()
    const { headers } = peer.request
    const identity = await context.tokens.authenticate(readToken(headers) ?? '').catch((error: unknown) => {
      const forwarded = headers.get('x-forwarded-for') ?? undefined
      // One that was signed out, or has expired, is no guess: it hears which, whatever else its address has tried.
      const isGuess = error instanceof HoldfastException && error.error.code === 'unauthorized'
      if (isGuess) context.limits.countWrongToken(context.clientAddress({ headers: { 'x-forwarded-for': forwarded }, socket: peer }))
      throw error
    })
    if (connection.gone) return
    const wire = {
      identity,
      send: (text: string) => void peer.send(text),
      close: (code: number, reason: string) => peer.close(code, reason),
      buffered: () => peer.websocket.bufferedAmount ?? 0,
    }
    connection.session = createSyncSession(context, wire)
  } catch (error) {
    const expected = error instanceof HoldfastException ? error : toStorageFailure(error)
    const code: ErrorCode = expected?.error.code ?? 'internal'
    peer.close(codeOfFailure(code), code)
  }
}

function codeOfFailure(code: ErrorCode): number {
  if (code === 'token_revoked') return closeCode.revoked
  if (code === 'rate_limited') return closeCode.tooFast
  return errorStatus[code] === 401 ? closeCode.unauthorized : closeCode.failed
}

/** The token among the offered sub-protocols `holdfast.v1, spsk.<token>`; null unless both are there and well-formed. */
function readToken(headers: Headers): string | null {
  const offered = (headers.get('sec-websocket-protocol') ?? '').split(',').map((protocol) => protocol.trim())
  const token = offered.find((protocol) => protocol.startsWith(tokenProtocolPrefix))?.slice(tokenProtocolPrefix.length)
  return offered[0] === subProtocol && token !== undefined && tokenSchema.safeParse(token).success ? token : null
}

function refusal(code: ErrorCode): Response {
  const error = createError(code, code === 'unauthorized' ? `offer the sub-protocols ${subProtocol} and ${tokenProtocolPrefix}<token>` : 'this socket is not for you')
  return new Response(JSON.stringify({ ok: false, error }), { status: errorStatus[code], headers: { 'content-type': 'application/json' } })
}
