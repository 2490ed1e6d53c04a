import type { IncomingMessage } from 'node:http'
import { ShareFailure } from './failure'

/**
 * Reads a body of at most `limit` bytes. A larger one is read to its end, or to four times the limit, and thrown away piece by piece:
 * a client that is still sending does not look for an answer, and would see a broken connection instead of the 413.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) chunks.push(chunk)
      else chunks.length = 0
      if (length > limit * 4) {
        request.pause()
        resolve()
      }
    })
    request.on('end', resolve)
    request.on('error', reject)
    request.on('close', () => reject(new ShareFailure(400, 'The request ended before its body')))
  })
  if (length > limit) throw new ShareFailure(413, `The body is larger than ${limit} bytes`)
  return Buffer.concat(chunks, length)
}
