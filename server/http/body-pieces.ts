import type { IncomingMessage } from 'node:http'
import { fail } from '~/shared/errors'

/** How a body must move. Time counts only while the server waits for the client: its own slowness is nobody's fault. */
export interface Pace {
  /** Ms without a byte. */
  idleMs: number
  /** Fewer than `windowBytes` while `windowMs` were waited are too few. */
  windowMs: number
  windowBytes: number
}

/** A body that moves by 1 KB a second may take hours; what stands still, or pretends to move, gives its connection back. */
export const bodyPace: Pace = { idleMs: 15_000, windowMs: 30_000, windowBytes: 30 * 1024 }

/**
 * The pieces of a body as they come. Fails with `request_timeout` if the client is too slow and with `invalid_request` if it leaves.
 * Whoever stops early leaves the connection standing, so that an answer can still be heard on it (AU107).
 */
export async function* readPieces(request: IncomingMessage, pace: Pace = bodyPace): AsyncGenerator<Buffer> {
  let waited = 0
  let came = 0
  for (;;) {
    const piece = request.read() as Buffer | null
    if (piece !== null) {
      came += piece.byteLength
      yield piece
      continue
    }
    if (request.readableEnded) return
    if (request.destroyed) fail('invalid_request', 'the request ended before its body')
    const since = performance.now()
    if (!await waitForMore(request, pace.idleMs)) fail('request_timeout', 'the body stopped coming')
    waited += performance.now() - since
    if (waited < pace.windowMs) continue
    if (came < pace.windowBytes) fail('request_timeout', 'the body comes too slowly')
    waited = 0
    came = 0
  }
}

const changes = ['readable', 'end', 'close', 'error'] as const

/** Whether anything happened to the request within `ms`. */
function waitForMore(request: IncomingMessage, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (moved: boolean) => {
      clearTimeout(timer)
      for (const change of changes) request.off(change, onChange)
      resolve(moved)
    }
    const onChange = () => settle(true)
    const timer = setTimeout(settle, ms, false)
    for (const change of changes) request.on(change, onChange)
  })
}
