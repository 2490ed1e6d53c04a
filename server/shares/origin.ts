import type { IncomingMessage } from 'node:http'
import { isLoopbackAddress } from '../http/address'
import { hostName, isLoopbackHost } from '../http/guard'

/** Where browsers reach this server: as configured, or as this request did. The guard has looked at its Host already. */
export function publicOrigin(request: Pick<IncomingMessage, 'headers'>, publicUrl: string | null): string {
  return publicUrl ?? `http://${request.headers.host ?? 'localhost'}`
}

const forwarding = /^(?:forwarded|via|x-forwarded-.*|x-real-ip|cf-.*)$/

/**
 * Whether a request was made on this machine by something other than a web page of somebody else. A proxy in front makes every peer look
 * local, so a server with a public address knows nobody by that; and a page in a local browser is not the person who started the server.
 */
export function isLocalRequest({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>, publicUrl: string | null): boolean {
  const isLocalOrigin = (origin: string) => URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname.replace(/^\[|\]$/g, ''))
  return isLoopbackAddress(socket.remoteAddress ?? '')
    && isLoopbackHost(hostName(headers.host) ?? '')
    && (publicUrl === null || isLocalOrigin(publicUrl))
    && (headers.origin === undefined || isLocalOrigin(headers.origin))
    && !Object.keys(headers).some((name) => forwarding.test(name))
}
