import type { Config } from '../config'

/** What the Content-Security-Policy of a page depends on. `hashes` are those of the shell's inline scripts, quoted; null for no policy. */
interface PagePolicy { path: string, host: string | undefined, hashes: readonly string[] | null }

/** Headers of every answer. Routes may set stricter ones after these. */
export function securityHeaders(policy: PagePolicy, config: Pick<Config, 'openrouterApiUrl' | 'publicUrl'>): Record<string, string> {
  const { hashes } = policy
  const pagePolicy = isSharePage(policy.path) ? sharePolicy : hashes && appPolicy({ ...policy, hashes }, config)
  return {
    ...(pagePolicy ? { 'content-security-policy': pagePolicy } : {}),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()',
  }
}

const isSharePage = (path: string): boolean => /^\/share(?:\/|$|\?)/.test(path)

/** A shared page shows what others wrote: it lives in an origin of its own, without our storage, and loads none of the app's scripts. */
const sharePolicy = [
  'default-src \'none\'', 'script-src \'self\'', 'style-src \'self\' \'unsafe-inline\'', 'font-src \'self\'', 'img-src \'self\' blob: data:', 'connect-src \'self\'',
  'frame-ancestors \'none\'', 'base-uri \'none\'', 'form-action \'none\'', 'sandbox allow-scripts allow-popups allow-downloads',
].join('; ')

function appPolicy({ host, hashes }: PagePolicy & { hashes: readonly string[] }, config: Pick<Config, 'openrouterApiUrl' | 'publicUrl'>): string {
  // Older Safari does not take a socket for 'self'.
  const sockets = host === undefined ? [] : [`ws://${host}`, `wss://${host}`]
  return [
    'default-src \'none\'',
    ['script-src \'self\' \'wasm-unsafe-eval\'', ...hashes].join(' '),
    'style-src \'self\' \'unsafe-inline\'', 'font-src \'self\'', 'manifest-src \'self\'', 'worker-src \'self\'', 'img-src \'self\' blob: data:', 'media-src \'self\' blob:',
    ['connect-src \'self\'', ...sockets, new URL(config.openrouterApiUrl).origin].join(' '),
    'frame-ancestors \'none\'', 'base-uri \'none\'', 'form-action \'self\'',
  ].join('; ')
}
