import { setResponseStatus } from 'h3'
import { createError } from '~/shared/errors'
import { defineJsonHandler, JsonText } from '~/server/http/answer'

/** The sync socket's path asked for as a page: the socket itself is in server/sync/socket.ts. */
export default defineJsonHandler({ auth: 'none' }, ({ event }) => {
  setResponseStatus(event, 426)
  event.node.res.setHeader('upgrade', 'websocket')
  return new JsonText(JSON.stringify({ ok: false, error: createError('upgrade_required', 'this is a WebSocket; over HTTP use /pull and /push') }))
})
