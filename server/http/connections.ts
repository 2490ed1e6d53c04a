import type { Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'

/** Connections of one network that have proved nothing yet. Generous: an office behind one address, each browser opening six. */
export const strangerConnections = 256

const releases = new WeakMap<Socket, () => void>()
const known = new WeakSet<Socket>()

/** A request on this connection proved who sends it: it no longer counts among the strangers' of its network. */
export function markKnownPeer(socket: Socket): void {
  known.add(socket)
  releases.get(socket)?.()
}

export const isKnownPeer = (socket: Socket): boolean => known.has(socket)

/** `networkOf` names whom a connection counts against; null for one that may carry others' requests, as a proxy's. */
interface GateOptions { limit?: number, networkOf(address: string): string | null }

/**
 * Counts the connections of strangers by network and turns away those over the limit before anything is read from them. A descriptor
 * is the scarcest thing that a stranger can take. A `raw` one, whose TLS has not begun, would not understand an answer and is closed.
 */
export function createConnectionGate({ limit = strangerConnections, networkOf }: GateOptions): (socket: Socket, how?: 'raw') => void {
  const counts = new Map<string, number>()
  return (socket, how) => {
    // A socket whose upgrade was declined comes a second time.
    const network = releases.has(socket) ? null : networkOf(socket.remoteAddress ?? '')
    if (network === null) return
    const count = counts.get(network) ?? 0
    if (count >= limit) return how === 'raw' ? void socket.destroy() : turnAway(socket)
    counts.set(network, count + 1)
    let counted = true
    const release = () => {
      if (!counted) return
      counted = false
      const left = (counts.get(network) ?? 1) - 1
      if (left > 0) counts.set(network, left)
      else counts.delete(network)
    }
    releases.set(socket, release)
    socket.once('close', release)
  }
}

function turnAway(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.end('HTTP/1.1 429 Too Many Requests\r\nretry-after: 10\r\ncontent-length: 0\r\nconnection: close\r\n\r\n', () => socket.destroy())
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** Puts the gate before a TLS server: a connection counts from its first byte on, not from where its handshake is done: as itself until then, and then as what is read through it. */
export function gateSecure(server: TlsServer, gate: ReturnType<typeof createConnectionGate>): void {
  const handshakes = new Map<string, Socket>()
  server.prependListener('connection', (socket: Socket) => {
    gate(socket, 'raw')
    const peer = peerOf(socket)
    handshakes.set(peer, socket)
    socket.once('close', () => handshakes.get(peer) === socket && handshakes.delete(peer))
  })
  server.prependListener('secureConnection', (socket: Socket) => {
    const raw = handshakes.get(peerOf(socket))
    if (raw) releases.get(raw)?.()
    gate(socket)
  })
}
