import { z } from 'zod'

/** Where one login's verifier waits for its answer: in this tab, until it comes back or the tab closes. */
const attemptKey = 'holdfast:openrouter-login'
/** A code works for ten minutes (OpenRouter's documentation, OAuth PKCE). */
const lifetime = 10 * 60_000

const attemptSchema = z.object({ nonce: z.string(), verifier: z.string(), startedAt: z.number(), returnTo: z.string() })
export type Attempt = z.infer<typeof attemptSchema>
/** What OpenRouter's redirect brings. */
export interface Arrival { code: string | null, nonce: string | null }

const returnPath = '/auth/openrouter'
/** Names of this machine that OpenRouter does not return to, although the browser gives each its own storage. */
const loopbackNumbers: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]'])

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
const randomText = (length: number) => toBase64Url(crypto.getRandomValues(new Uint8Array(length)))

/** S256 of RFC 7636: base64url of the verifier's SHA-256. */
export async function toChallenge(verifier: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

/**
 * Where OpenRouter shall return to: https, or localhost. A page on 127.0.0.1 asks for localhost, where the same server answers, and
 * names itself, so that the code is handed back to it (`handBack`). Null when the page has an address that cannot be returned to.
 */
export function returnAddress(location: Pick<Location, 'origin' | 'protocol' | 'hostname' | 'port'>, nonce: string): string | null {
  const query = `attempt=${encodeURIComponent(nonce)}`
  if (location.protocol === 'https:' || location.hostname === 'localhost') return `${location.origin}${returnPath}?${query}`
  if (!loopbackNumbers.has(location.hostname)) return null
  return `http://localhost${location.port && `:${location.port}`}${returnPath}?${query}&from=${encodeURIComponent(location.hostname)}`
}

/** On localhost: the address of the page on a loopback number that asked for this login, or null if it was localhost itself. The code is of no use without that page's verifier. */
export function handBack(location: Pick<Location, 'hostname' | 'port' | 'pathname' | 'search'>): string | null {
  const query = new URLSearchParams(location.search)
  const from = query.get('from')
  if (location.pathname !== returnPath || location.hostname !== 'localhost' || from === null || !loopbackNumbers.has(from)) return null
  query.delete('from')
  return `http://${from}${location.port && `:${location.port}`}${returnPath}?${query}`
}

/** Reads what OpenRouter brought, or null when this is another page. */
export function readArrival(location: Pick<Location, 'pathname' | 'search'>): Arrival | null {
  if (location.pathname !== returnPath) return null
  const query = new URLSearchParams(location.search)
  return { code: query.get('code'), nonce: query.get('attempt') }
}

/** Only a path of our own may be returned to. */
const ownPath = (path: string) => (/^\/(?![/\\])/.test(path) && !path.startsWith(returnPath) ? path : '/settings')

/** Begins an attempt; an older one of this tab ends. */
export function beginAttempt(returnTo: string): Attempt {
  const attempt = { nonce: randomText(16), verifier: randomText(32), startedAt: Date.now(), returnTo: ownPath(returnTo) }
  sessionStorage.setItem(attemptKey, JSON.stringify(attempt))
  return attempt
}

/** Takes the attempt that an arrival answers; whatever the outcome, its verifier is gone afterwards. */
export function takeAttempt(arrival: Arrival): Attempt | null {
  const stored = sessionStorage.getItem(attemptKey)
  sessionStorage.removeItem(attemptKey)
  if (stored === null || arrival.code === null) return null
  const attempt = attemptSchema.parse(JSON.parse(stored))
  return attempt.nonce === arrival.nonce && Date.now() - attempt.startedAt < lifetime ? attempt : null
}

let arrived: Arrival | null = null
/** Keeps an arrival for the page, off the address bar. */
export function keepArrival(arrival: Arrival): void {
  arrived = arrival
}
/** Hands the arrival out once. */
export function takeArrival(): Arrival | null {
  const arrival = arrived
  arrived = null
  return arrival
}
