import { Server as HttpsServer } from 'node:https'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { addressToNetwork, createProxyList, isLoopbackAddress, plainAddress } from './address'
import { createConnectionGate, gateSecure } from './connections'
import { createUpgradeListener, type HandleUpgrade } from './upgrade'

/** A head of at most 16 KB has to be there within this, also on a line that brings 1 KB a second; and a TLS handshake before it. */
export const headersMs = 20_000

interface Doors { trustedProxies: readonly string[], handleUpgrade: HandleUpgrade }

/**
 * What guards a server's connections before there is a request: the time for a head, the number of strangers' connections, and upgrades.
 * Bodies have a pace of their own (body-pieces.ts), so no request as a whole has to end in time.
 */
export function guardConnections(server: Server | HttpsServer, { trustedProxies, handleUpgrade }: Doors): void {
  server.headersTimeout = headersMs
  server.requestTimeout = 0
  const isSecure = server instanceof HttpsServer
  const event = isSecure ? 'secureConnection' : 'connection'
  const isProxy = createProxyList(trustedProxies)
  // All that a proxy carries comes from its address, and one on this machine need not be named.
  const networkOf = (address: string) => (isLoopbackAddress(address) || isProxy(plainAddress(address)) ? null : addressToNetwork(address))
  const gate = createConnectionGate({ networkOf })
  if (isSecure) gateSecure(server, gate)
  else server.prependListener(event, (socket: Socket) => gate(socket))
  server.on('upgrade', createUpgradeListener(handleUpgrade, (socket) => void server.emit(event, socket)))
}
