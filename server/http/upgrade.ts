import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { hostName } from './guard'

/** Takes over a socket that is to become a WebSocket, as crossws does. */
export type HandleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void> | void

/**
 * Every request with an `Upgrade` header comes here, and Node leaves its socket to whoever listens: none may be left without an answer.
 * Other protocols than WebSocket are ignored, as HTTP wants it (RFC 9110, 7.8): the request is served as if it had not asked.
 * `connect` gives a socket to the server as a new connection.
 */
export function createUpgradeListener(handle: HandleUpgrade, connect: (socket: Duplex) => void): HandleUpgrade {
  return async (request, socket, head) => {
    // A client that leaves during its handshake is no error of ours.
    socket.on('error', () => socket.destroy())
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return connect(withoutUpgrade(request, socket, head))
    if (!request.url?.startsWith('/') || hostName(request.headers.host) === null) return refuse(socket, 400)
    try {
      await handle(request, socket, head)
    } catch {
      refuse(socket, 400)
    }
  }
}

function refuse(socket: Duplex, status: number): void {
  if (socket.destroyed) return
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`
  socket.end(text, () => socket.destroy())
}

/** The socket, on which the same request comes once more, without its wish. */
function withoutUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Duplex {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2)
    const kept = /^connection$/i.test(name) ? dropUpgrade(value) : value
    if (!/^upgrade$/i.test(name) && kept !== '') lines.push(`${name}: ${kept}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  return socket
}

const dropUpgrade = (options: string): string =>
  options.split(',').map((option) => option.trim()).filter((option) => !/^upgrade$/i.test(option)).join(', ')
