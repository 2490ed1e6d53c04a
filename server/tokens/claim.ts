import type { IncomingMessage } from 'node:http'
import type { Config } from '../config'
import { isLoopbackAddress } from '../http/address'
import { hostName, isLoopbackHost } from '../http/guard'

const claimWithin = 10 * 60_000
const proxyHeader = /^(?:forwarded|x-forwarded-.+|x-real-ip|via|cf-.+)$/

export interface ClaimRequest { request: Pick<IncomingMessage, 'headers' | 'socket'>, config: Pick<Config, 'host' | 'publicUrl'>, uptimeMs: number }

/**
 * Whether a first device may claim the server without the code: only from the machine itself, right after the start, with no sign of a
 * proxy in between, since a proxy's peer is loopback too (design.md, Security).
 */
export function mayClaimWithoutCode({ request, config, uptimeMs }: ClaimRequest): boolean {
  const { headers, socket } = request
  const isLoopbackOrigin = (origin: string) => URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname.replace(/^\[|\]$/g, ''))
  return isLoopbackHost(config.host.replace(/^\[|\]$/g, ''))
    && (config.publicUrl === null || isLoopbackOrigin(config.publicUrl))
    && isLoopbackAddress(socket.remoteAddress ?? '')
    && isLoopbackHost(hostName(headers.host) ?? '')
    && (headers.origin === undefined || isLoopbackOrigin(headers.origin))
    && !Object.keys(headers).some((name) => proxyHeader.test(name))
    && uptimeMs < claimWithin
}
