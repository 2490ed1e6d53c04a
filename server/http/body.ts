import type { IncomingMessage } from 'node:http'
import type { H3Event } from 'h3'
import { createError, fail, HoldfastException } from '~/shared/errors'
import { readPieces } from './body-pieces'

/** Counts bytes that are taken into memory; fails if there may be no more. */
export type HoldBytes = (bytes: number) => void

/** Reads a body up to `limit` bytes; the rest is never taken into memory. `hold` is told of each piece before it is kept. */
export async function readBytes(request: IncomingMessage, limit: number, hold?: HoldBytes): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) refuse(limit)
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of readPieces(request)) {
    length += piece.byteLength
    if (length > limit) refuse(limit)
    hold?.(piece.byteLength)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, length)
}

function refuse(limit: number): never {
  fail('payload_too_large', `the body is larger than ${limit} bytes`, { limit })
}

/** The JSON of a request; `undefined` when there is no body at all. */
export async function readJsonBody(event: H3Event, limit: number, hold?: HoldBytes): Promise<unknown> {
  const type = event.node.req.headers['content-type']
  if (type !== undefined && !/^application\/json\s*(?:;|$)/i.test(type)) fail('unsupported_media_type', 'the body is not application/json')
  const bytes = await readBytes(event.node.req, limit, hold)
  if (bytes.length === 0) return undefined
  if (type === undefined) fail('unsupported_media_type', 'the body is not application/json')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch (cause) {
    throw new HoldfastException(createError('invalid_request', 'the body is not JSON'), { cause })
  }
}
