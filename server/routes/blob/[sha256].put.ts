import { setResponseStatus } from 'h3'
import type { Readable } from 'node:stream'
import { defineBlobHandler } from '~/server/blobs/define-blob-handler'
import { allowSlowUpload } from '~/server/blobs/slow-upload'

/** Takes the bytes of a blob. 201 if they are new to the space, else 200; `{ ok, sha256, size, mime }`. */
export default defineBlobHandler(async ({ event, sha256, identity, context }) => {
  const request: Readable = event.node.req
  allowSlowUpload(event.node.req)
  const length = event.node.req.headers['content-length']
  const { created, ...info } = await context.blobs.upload(identity.spaceId, {
    sha256,
    contentType: event.node.req.headers['content-type'] ?? null,
    size: length === undefined ? null : Number(length),
    isLive: () => !context.tokens.isRevoked(identity.tokenId),
    // A refusal halfway must leave the connection standing long enough for its answer.
    source: request.iterator({ destroyOnReturn: false }),
  })
  setResponseStatus(event, created ? 201 : 200)
  return { ok: true, ...info }
})
