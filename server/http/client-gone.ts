import type { H3Event } from 'h3'
import type { Log } from '../log'

const codes = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'])

/** The code of a failure that says no more than that the other end of a connection went away; else null. */
export function connectionEnded(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return codes.has(code) ? code : null
}

/** As `connectionEnded`, if it is this request's client that went away before its answer. */
export function clientGone({ node: { req, res } }: H3Event, error: unknown): string | null {
  return req.destroyed || res.destroyed || req.socket.destroyed ? connectionEnded(error) : null
}

/** Logs what no one expected, with its cause. A client that goes away is everyday: a line for who looks closely, without a stack. */
export function logFailure(event: H3Event, error: unknown, log: Log, words = 'a request failed'): void {
  const code = clientGone(event, error)
  if (code === null) log.error({ err: error }, words)
  else log.debug({ why: code }, 'a client went away')
}
