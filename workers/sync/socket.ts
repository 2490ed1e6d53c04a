import ReconnectingSocket from 'partysocket/ws'
import { closeCode } from '~/shared/protocol/close-code'
import { subProtocol, tokenProtocolPrefix } from '~/shared/protocol/version'
import type { OpenSocket } from './ports'

const final: ReadonlySet<number> = new Set([closeCode.unauthorized, closeCode.revoked, closeCode.replaced, closeCode.upgrade])

/**
 * The socket of the app. It reconnects with back-off, except after a code that says it would be in vain. Nothing is queued while it is
 * closed: the library would send it before `onOpen`, ahead of our hello. The token is read anew for each connection.
 */
export function openSyncSocket(url: string, options: { WebSocket?: typeof WebSocket } = {}): OpenSocket {
  return (listener, token) => {
    const socket = new ReconnectingSocket(url, () => [subProtocol, `${tokenProtocolPrefix}${token() ?? ''}`], {
      ...options,
      maxEnqueuedMessages: 0,
      minReconnectionDelay: 300,
      maxReconnectionDelay: 15_000,
      reconnectionDelayGrowFactor: 1.6,
      connectionTimeout: 8_000,
      shouldReconnectOnClose: (event) => !final.has(event.code),
    })
    socket.onopen = () => listener.onOpen()
    socket.onmessage = (event) => {
      if (typeof event.data === 'string') listener.onMessage(event.data)
    }
    socket.onclose = (event) => listener.onClose(event.code, event.reason)
    return {
      send(text) {
        if (socket.readyState === socket.OPEN) socket.send(text)
      },
      reconnect: () => socket.reconnect(),
      close() {
        socket.onclose = null
        socket.close()
      },
    }
  }
}
