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

/**
 * What limits are counted by: the address, or its /64 for IPv6, which is what one household or machine is given. An IPv4 address in IPv6
 * form is the IPv4 one.
 */
export function addressToNetwork(address: string): string {
  const bare = plainAddress(address).split('%', 1)[0] ?? ''
  if (isIP(bare) !== 6) return bare
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const first = groups(head)
  const last = groups(tail)
  const all = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last]
  const [high = 0, low = 0] = all.slice(6).map((group) => Number.parseInt(group, 16))
  if (all.slice(0, 5).every((group) => group === '0') && all[5] === 'ffff') return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${all.slice(0, 4).join(':')}::/64`
}
