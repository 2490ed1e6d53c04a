import { BlockList, isIP } from 'node:net'

/** What a request says of where it came from. */
interface Origin { headers: { [name: string]: string | string[] | undefined }, socket: { remoteAddress?: string | undefined } }

/** Finds the client's address: the peer's, or what a trusted proxy says of it. */
export type ClientAddress = (request: Origin) => string

/** `X-Forwarded-For` is read from the right, as far as the proxies are trusted: what stands further left, anyone can write. */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList()
  for (const proxy of trustedProxies) {
    const [address = '', bits] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  const isTrusted = (address: string) => isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return ({ headers, socket }) => {
    let address = plainAddress(socket.remoteAddress ?? '')
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',').map((part) => plainAddress(part.trim()))
    while (isTrusted(address)) {
      const next = forwarded.pop()
      if (next === undefined || isIP(next) === 0) break
      address = next
    }
    return address
  }
}

/** `::ffff:127.0.0.1` is 127.0.0.1. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

export const isLoopbackAddress = (address: string): boolean => address === '::1' || /^127\./.test(plainAddress(address))
