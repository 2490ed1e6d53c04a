import { isIP } from 'node:net'
import { createError, type HoldfastError } from '~/shared/errors'
import type { Config } from '../config'
import { readShareAddress } from '../shares/address'

export interface GuardedRequest { method: string, path: string, host: string | undefined, origin: string | undefined, isUpgrade: boolean }

const readOnly = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request may be looked at: its Host must be a name of ours, or a rebound DNS name could speak for us; and what changes
 * something, or opens a socket, must not come from a foreign page.
 */
export function guardRequest(request: GuardedRequest, config: Pick<Config, 'publicUrl'>): HoldfastError | null {
  const host = hostName(request.host)
  if (host === null || !isOwnHost(host, config)) return createError('origin_forbidden', 'this server does not answer under that host name; NUXT_PUBLIC_URL names the address it is reached under')
  if (!isText(request.path)) return createError('invalid_request', 'the address is no text')
  // Share clients are other programs and other pages: they bring their own secret.
  if (request.origin === undefined || readShareAddress(request.path)) return null
  if (readOnly.has(request.method) && !request.isUpgrade) return null
  return isOwnOrigin(request.origin, request.host, config) ? null : createError('origin_forbidden', 'requests from another origin are not taken')
}

/** Whether the path's escapes are UTF-8 without U+0000, which no address of ours has and PostgreSQL takes in no text. */
function isText(path: string): boolean {
  try {
    return !decodeURIComponent(path.split('?', 1)[0] ?? '').includes('\0')
  } catch (error) {
    if (error instanceof URIError) return false
    throw error
  }
}

/** The name in a Host header, without its port and brackets; null if it is not one. */
export function hostName(host: string | undefined): string | null {
  if (host === undefined || !/^[A-Za-z0-9.:[\]_-]+$/.test(host) || !URL.canParse(`http://${host}`)) return null
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
}

export const isLoopbackHost = (name: string): boolean => name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)

const isOwnHost = (name: string, { publicUrl }: Pick<Config, 'publicUrl'>): boolean =>
  name === 'localhost' || isIP(name) !== 0 || (publicUrl !== null && name === new URL(publicUrl).hostname.replace(/^\[|\]$/g, ''))

function isOwnOrigin(origin: string, host: string | undefined, { publicUrl }: Pick<Config, 'publicUrl'>): boolean {
  if (publicUrl !== null && origin === publicUrl) return true
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === new URL(`http://${host}`).host
}
