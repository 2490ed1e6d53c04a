import { createHash, randomBytes } from 'node:crypto'
import { createKey } from './keys.mjs'

const codeLifetime = 10 * 60_000

/** @param {string} text */
const escapeHtml = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A public https address, or http on localhost with any port; an IP address is refused as the real one does. @param {string} text */
function isCallback(text) {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')
}

/**
 * `GET /auth`: checks the parameters, then either redirects at once or shows a button that does.
 * @param {import('./state.mjs').FakeState} state
 * @param {URL} url
 * @param {boolean} approved
 * @returns {{ status: number, headers: Record<string, string>, body: string }}
 */
export function authorize(state, url, approved) {
  const callback = url.searchParams.get('callback_url')
  const challenge = url.searchParams.get('code_challenge')
  const method = url.searchParams.get('code_challenge_method') ?? (challenge ? 'plain' : '')
  const html = { 'content-type': 'text/html; charset=utf-8' }
  if (callback !== null && !isCallback(callback)) return { status: 400, headers: html, body: 'Invalid callback_url' }
  if (callback === null && !challenge) return { status: 400, headers: html, body: 'code_challenge is required without a callback_url' }
  if (challenge && method !== 'S256' && method !== 'plain') return { status: 400, headers: html, body: 'Invalid code_challenge_method' }
  if (!approved && !state.options.autoApprove) {
    const target = new URL(url)
    target.pathname = '/auth/approve'
    return {
      status: 200, headers: html,
      body: `<!doctype html><html lang="en"><title>Authorize</title><meta name="viewport" content="width=device-width">
<body style="font:16px system-ui;max-width:28rem;margin:15vh auto;padding:0 1rem">
<h1 style="font-size:1.3rem">Stand-in for OpenRouter</h1><p>An app at <b>${escapeHtml(callback ?? 'this computer')}</b> asks for a key. No money is involved: this page is part of the demo.</p>
<form method="post" action="${escapeHtml(target.pathname + target.search)}"><button style="font:inherit;padding:.6rem 1.2rem">Authorize</button></form>`,
    }
  }
  const code = `auth_code_${randomBytes(16).toString('hex')}`
  state.codes.set(code, { challenge, method, expiresAt: state.options.now() + codeLifetime, used: false })
  if (callback === null) return { status: 200, headers: html, body: `<!doctype html><title>Code</title><code>${code}</code>` }
  return { status: 302, headers: { location: `${callback}${callback.includes('?') ? '&' : '?'}code=${code}` }, body: '' }
}

/**
 * `POST /api/v1/auth/keys`: a code and its verifier for a key, once.
 * @param {import('./state.mjs').FakeState} state
 * @param {any} body
 */
export function exchange(state, body) {
  const refuse = (/** @type {number} */ code, /** @type {string} */ message) => ({ status: code, json: { error: { code, message } } })
  const issued = typeof body?.code === 'string' ? state.codes.get(body.code) : undefined
  if (!issued || issued.used) return refuse(403, 'Invalid code or code_verifier')
  if (issued.challenge && body.code_challenge_method !== issued.method) return refuse(400, 'Invalid code_challenge_method')
  if (state.options.now() > issued.expiresAt) return refuse(403, 'Authorization code expired')
  if (issued.challenge) {
    const verifier = typeof body.code_verifier === 'string' ? body.code_verifier : ''
    const answer = issued.method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier
    if (answer !== issued.challenge) return refuse(403, 'Invalid code or code_verifier')
  }
  issued.used = true
  return { status: 200, json: { key: createKey(state), user_id: 'user_2yOPcMpKoQhcd4bVgSMlELRaIah' } }
}
