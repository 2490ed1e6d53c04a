import type { H3Event } from 'h3'
import { createError, fail, HoldfastException } from '~/shared/errors'

/** Reads a body up to `limit` bytes; the rest is never taken into memory. */
async function readLimitedBody(event: H3Event, limit: number): Promise<Buffer> {
  const request = event.node.req
  if (Number(request.headers['content-length'] ?? 0) > limit) refuse(event, limit)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) refuse(event, limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function refuse(event: H3Event, limit: number): never {
  // What is still being sent is not read: the connection cannot be used again.
  event.node.res.setHeader('connection', 'close')
  fail('payload_too_large', `the body is larger than ${limit} bytes`, { limit })
}

/** The JSON of a request; `undefined` when there is no body at all. */
export async function readJsonBody(event: H3Event, limit: number): Promise<unknown> {
  const type = event.node.req.headers['content-type']
  if (type !== undefined && !/^application\/json\s*(?:;|$)/i.test(type)) fail('unsupported_media_type', 'the body is not application/json')
  const bytes = await readLimitedBody(event, limit)
  if (bytes.length === 0) return undefined
  if (type === undefined) fail('unsupported_media_type', 'the body is not application/json')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch (cause) {
    throw new HoldfastException(createError('invalid_request', 'the body is not JSON'), { cause })
  }
}
