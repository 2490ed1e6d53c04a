import type { H3Event } from 'h3'
import type { ServerResponse } from 'node:http'
import { getContext } from '../context'
import { logFailure } from './client-gone'
import type { HeldAnswer } from './held-answers'

/** What is handed to a connection at once. A reader that does not take this much within the deadline has stopped, or pretends to read. */
const pieceBytes = 16 * 1024

/** Ends a source early: its descriptor is given back when it is. */
type Source = AsyncIterable<Uint8Array | string> & { destroy?(): unknown }

/**
 * Sends a body as its reader takes it: one piece waits at the connection, whatever the body's length. A reader that takes nothing for
 * `sendTimeoutSeconds` is cut off. Throws what the source throws, if nothing was sent yet; afterwards the reader sees that it was cut off.
 */
export async function sendStream(event: H3Event, source: Source): Promise<void> {
  const response = event.node.res
  const { config, log } = getContext(event)
  const stop = () => void source.destroy?.()
  response.once('close', stop)
  try {
    for await (const chunk of source) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      if (!await sendBytes(response, bytes, config.sendTimeoutSeconds * 1_000)) return
    }
    response.end()
  } catch (error) {
    // A source that was ended because its reader left has not failed.
    if (response.destroyed) return
    if (!response.headersSent) throw error
    logFailure(event, error, log, 'an answer was cut off')
    response.destroy()
  } finally {
    response.off('close', stop)
    stop()
    // There is nobody left whom the framework could answer.
    if (response.destroyed) event._handled = true
  }
}

/** Sends what is held for many readers. */
export async function sendHeld(event: H3Event, held: HeldAnswer): Promise<void> {
  event.node.res.setHeader('content-length', held.bytes)
  if (event.method === 'HEAD') event.node.res.end()
  else await sendStream(event, held.read())
}

/** False when the reader is gone. */
async function sendBytes(response: ServerResponse, bytes: Uint8Array, deadline: number): Promise<boolean> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
    if (response.destroyed) return false
    if (!response.write(bytes.subarray(at, at + pieceBytes)) && !await isTaken(response, deadline)) return false
  }
  return true
}

/** Waits until what was written is taken. A reader that does not take it in time is cut off. */
function isTaken(response: ServerResponse, deadline: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (taken: boolean) => {
      clearTimeout(timer)
      response.off('drain', onDrain).off('close', onClose)
      resolve(taken)
    }
    const onDrain = () => settle(true)
    const onClose = () => settle(false)
    const timer = setTimeout(() => {
      response.destroy()
      settle(false)
    }, deadline)
    response.once('drain', onDrain).once('close', onClose)
  })
}

/** For every answer, however it is sent: one of which no byte is taken for `seconds` is cut off. */
export function endWhenStalled(response: ServerResponse, seconds: number): void {
  // Node counts from the last byte that moved, and while it waits for us nothing is stalled.
  response.setTimeout(seconds * 1_000, () => {
    if (response.writableLength > 0) response.destroy()
  })
}
