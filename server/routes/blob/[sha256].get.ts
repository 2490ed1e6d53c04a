import { setResponseStatus } from 'h3'
import { blobHeaders, isKnownTag } from '~/server/blobs/blob-headers'
import { defineBlobHandler } from '~/server/blobs/define-blob-handler'
import { parseRange } from '~/server/blobs/range'
import { sendStream } from '~/server/http/stream'
import { fail } from '~/shared/errors'

/** The bytes of a blob of the caller's space, whole or one range of them. */
export default defineBlobHandler(async ({ event, sha256, identity, context }) => {
  const { req: request, res: response } = event.node
  const info = await context.blobs.find(identity.spaceId, sha256) ?? fail('not_found', 'there is no such blob')
  const headers = blobHeaders(info)
  const answer = (status: number, more: Record<string, string | number> = {}) => {
    for (const [name, value] of Object.entries({ ...headers, ...more })) response.setHeader(name, value)
    setResponseStatus(event, status)
  }

  if (isKnownTag(request.headers['if-none-match'], sha256)) {
    answer(304)
    response.end()
    return
  }
  const sameBytes = request.headers['if-range'] === undefined || request.headers['if-range'] === headers.etag
  const range = sameBytes ? parseRange(request.headers.range, info.size) : null
  if (range === 'unsatisfiable') {
    answer(416, { 'content-range': `bytes */${info.size}`, 'content-length': 0 })
    response.end()
    return
  }
  const blob = await context.blobs.open(identity.spaceId, sha256, range ?? undefined) ?? fail('not_found', 'there is no such blob')
  if (range) answer(206, { 'content-range': `bytes ${range.start}-${range.end}/${info.size}`, 'content-length': range.end - range.start + 1 })
  else answer(200, { 'content-length': info.size })
  await sendStream(event, blob.body)
})
