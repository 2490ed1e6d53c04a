import { setResponseStatus } from 'h3'
import { defineBlobHandler } from '~/server/blobs/define-blob-handler'
import { readPieces } from '~/server/http/body-pieces'

/** Takes the bytes of a blob. 201 if they are new to the space, else 200; `{ ok, sha256, size, mime }`. */
export default defineBlobHandler(async ({ event, sha256, identity, context }) => {
  const length = event.node.req.headers['content-length']
  const { created, ...info } = await context.blobs.upload(identity.spaceId, {
    sha256,
    contentType: event.node.req.headers['content-type'] ?? null,
    size: length === undefined ? null : Number(length),
    isLive: () => !context.flows.isRevoked(identity.tokenId),
    source: readPieces(event.node.req),
  })
  setResponseStatus(event, created ? 201 : 200)
  return { ok: true, ...info }
})
