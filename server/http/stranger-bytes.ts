import type { H3Event } from 'h3'
import { fail } from '~/shared/errors'
import type { Context } from '../context'
import { addressToNetwork } from './address'
import type { HoldBytes } from './body'

/** Bytes of unproven bodies that are in memory at once: over all connections, and of one network. */
export const strangerBounds = { total: 16 * 1024 * 1024, perNetwork: 8 * 1024 * 1024 }

/** What one request of a stranger holds; `release` when its body is let go of, or its sender has proved who it is. */
interface StrangerHold { hold: HoldBytes, release(): void }
export interface StrangerBytes { open(network: string): StrangerHold }

/**
 * Bounds what all who have not proved anything yet hold of the server's memory, however many connections they open. The one who goes
 * over it is told to come back: bodies that must be read first are small, so that others' fit beside a flood.
 */
export function createStrangerBytes(bounds = strangerBounds): StrangerBytes {
  let total = 0
  const networks = new Map<string, number>()
  return {
    open(network) {
      let held = 0
      return {
        hold(bytes) {
          const ofNetwork = networks.get(network) ?? 0
          if (total + bytes > bounds.total || ofNetwork + bytes > bounds.perNetwork) {
            fail('rate_limited', 'too much is being sent at once; wait a little', { retryAfter: 5 })
          }
          held += bytes
          total += bytes
          networks.set(network, ofNetwork + bytes)
        },
        release() {
          const left = (networks.get(network) ?? 0) - held
          if (left > 0) networks.set(network, left)
          else networks.delete(network)
          total -= held
          held = 0
        },
      }
    },
  }
}

/** What this request's body holds until its sender has proved something. */
export const openStranger = (event: H3Event, { clientAddress, strangers }: Pick<Context, 'clientAddress' | 'strangers'>): StrangerHold =>
  strangers.open(addressToNetwork(clientAddress(event.node.req)))
