import { BlockList, isIP } from 'node:net'

/** What a request says of where it came from. */
interface Origin { headers: { [name: string]: string | string[] | undefined }, socket: { remoteAddress?: string | undefined } }

/** Finds the client's address: the peer's, or what a trusted proxy says of it. */
export type ClientAddress = (request: Origin) => string

/** Tells whether an address is one of the proxies, given as addresses and networks (`10.0.0.0/8`). */
export function createProxyList(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList()
  for (const proxy of trustedProxies) {
    const [address = '', bits] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  return (address) => isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** `X-Forwarded-For` is read from the right, as far as the proxies are trusted: what stands further left, anyone can write. */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = createProxyList(trustedProxies)
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
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

export const isLoopbackAddress = (address: string): boolean => address === '::1' || /^127\./.test(plainAddress(address))

/** Whom an address belongs to, as far as limits go: an IPv4 address itself, of an IPv6 address its /64, which one customer has whole. */
export function addressToNetwork(address: string): string {
  const plain = plainAddress(address).replace(/%.*$/, '')
  if (isIP(plain) !== 6) return plain
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
