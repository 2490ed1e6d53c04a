import { blobHeaders } from '~/server/blobs/blob-headers'
import { defineBlobHandler } from '~/server/blobs/define-blob-handler'
import { fail } from '~/shared/errors'

/** Whether the caller's space holds a blob; what others hold is not said. A device asks before it names one, so it stays for now. */
export default defineBlobHandler(async ({ event, sha256, identity, context }) => {
  const info = await context.blobs.touch(identity.spaceId, sha256) ?? fail('not_found', 'there is no such blob')
  for (const [name, value] of Object.entries(blobHeaders(info))) event.node.res.setHeader(name, value)
  event.node.res.setHeader('content-length', info.size)
  event.node.res.end()
})
