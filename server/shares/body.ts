import type { IncomingMessage } from 'node:http'
import type { HoldBytes } from '../http/body'
import { readPieces } from '../http/body-pieces'
import { ShareFailure } from './failure'

/** The secret is looked for in this much; the agent's client writes it first. */
const headBytes = 4 * 1024
/** A body whose secret does not come first is read unproven, and so only up to here. */
const unprovenBytes = 4 * 1024 * 1024

interface SecretFirst {
  /** Bytes of the whole body. */
  limit: number
  /** Told of each piece that is kept before the secret has been checked. */
  hold: HoldBytes
  /** Told of every piece before it is kept; a failure ends the reading. */
  check(piece: Uint8Array): void
  /** Called once, with the secret at the head; a failure ends the reading. */
  prove(secret: string): Promise<void>
}

/**
 * Reads `{"secret":"…", …}` of at most `limit` bytes, and no further than its head if the secret there is wrong. Who may write is told in
 * the body itself, so anything else would take in a long body of anybody's.
 */
export async function readSecretFirst(request: IncomingMessage, { limit, hold, check, prove }: SecretFirst): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  let length = 0
  let isProven = false
  const requireRoom = (bytes: number) => {
    if (bytes > limit) throw new ShareFailure(413, `The body is larger than ${limit} bytes`)
  }
  for await (const piece of readPieces(request)) {
    length += piece.byteLength
    requireRoom(length)
    check(piece)
    if (!isProven && length > unprovenBytes) throw new ShareFailure(413, `A body larger than ${unprovenBytes} bytes must begin with its secret`)
    if (!isProven) hold(piece.byteLength)
    pieces.push(piece)
    if (isProven || length - piece.byteLength > headBytes) continue
    const secret = secretAtHead(Buffer.concat(pieces).subarray(0, headBytes))
    if (secret === null) continue
    await prove(secret)
    isProven = true
    requireRoom(Number(request.headers['content-length'] ?? 0))
  }
  return Buffer.concat(pieces, length)
}

/** The secret, if it is the first member and has come whole. */
function secretAtHead(head: Buffer): string | null {
  const [, text] = /^\s*\{\s*"secret"\s*:\s*("[^"\\]{1,200}")/.exec(head.toString('latin1')) ?? []
  return text === undefined ? null : JSON.parse(text) as string
}
