import type { IncomingMessage } from 'node:http'
import type { H3Event } from 'h3'
import { isKnownPeer } from './connections'

/** What is thrown away of a refused body, at most, so that its sender hears why: of one who has proved who it is, and of a stranger. */
const drained = { known: { bytes: 128 * 1024 * 1024, ms: 60_000 }, stranger: { bytes: 4 * 1024 * 1024, ms: 10_000 } }

/** Whether a request's body is still on its way. */
export const isStillSending = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)

/**
 * Answers a request whose body has not ended. The answer goes out whole at once, for a client that listens while it sends; the rest of
 * the body is read and thrown away, up to a bound, for one that does not. Only then the connection ends: closing one with unread bytes
 * resets it, and the client would see a broken network in place of the answer.
 */
export async function answerEarly({ node: { req, res } }: H3Event, body: string): Promise<void> {
  res.setHeader('connection', 'close')
  if (res.statusCode === 204 || res.statusCode === 304) {
    res.flushHeaders()
  } else {
    res.setHeader('content-length', Buffer.byteLength(body))
    res.write(body)
  }
  await drain(req, isKnownPeer(req.socket) ? drained.known : drained.stranger)
  res.end()
}

function drain(request: IncomingMessage, { bytes, ms }: { bytes: number, ms: number }): Promise<void> {
  return new Promise((resolve) => {
    let left = bytes
    const timer = setTimeout(stop, ms)
    const take = (piece: Buffer) => {
      left -= piece.byteLength
      if (left < 0) stop()
    }
    function stop() {
      clearTimeout(timer)
      request.off('data', take).off('end', stop).off('close', stop).pause()
      resolve()
    }
    // A client that breaks off while it is being refused is no news.
    request.on('error', () => undefined)
    request.on('data', take).on('end', stop).on('close', stop).resume()
    if (request.readableEnded || request.destroyed) stop()
  })
}
