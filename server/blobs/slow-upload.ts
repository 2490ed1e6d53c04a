import { Server, type IncomingMessage } from 'node:http'

const idleMs = 60_000
const longestMs = 4 * 60 * 60 * 1000

/**
 * Lets an upload take the time that a phone's line needs: Node ends every request after five minutes, moving or not. In return one
 * that stands still for a minute is ended. The limit is the server's own, so it rises for all its requests, whose bodies are bounded.
 */
export function allowSlowUpload(request: IncomingMessage): void {
  const { socket } = request
  if ('server' in socket && socket.server instanceof Server) socket.server.requestTimeout = Math.max(socket.server.requestTimeout, longestMs)
  socket.setTimeout(idleMs)
  request.once('close', () => socket.setTimeout(0))
}
