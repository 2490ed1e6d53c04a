import { randomBytes } from 'node:crypto'
import { readFixture } from './fixtures.mjs'

/** @param {import('./state.mjs').FakeState} state */
export function createKey(state) {
  const key = `sk-or-v1-${randomBytes(32).toString('hex')}`
  state.keys.set(key, {})
  return key
}

/**
 * The Bearer of a request, or the refusal the real one answers.
 * @param {import('./state.mjs').FakeState} state
 * @param {import('node:http').IncomingMessage} request
 */
export function authenticate(state, request) {
  const key = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  const refuse = (/** @type {string} */ message) => ({ refusal: { status: 401, json: { error: { code: 401, message } } } })
  if (!key) return refuse('Missing Authentication header')
  if (!key.startsWith('sk-or-') || state.keys.get(key)?.revoked) return refuse('User not found.')
  return { key }
}

/** `GET /key`. @param {import('./state.mjs').FakeState} state @param {string} key */
export function describeKey(state, key) {
  const { data } = JSON.parse(readFixture('key.json').toString('utf8'))
  const known = state.keys.get(key)
  const limit = known?.limit ?? null
  return {
    data: {
      ...data, label: `${key.slice(0, 12)}...${key.slice(-3)}`, is_management_key: known?.management ?? false,
      limit, limit_remaining: limit === null ? null : Math.max(0, limit - data.usage),
    },
  }
}

/** `GET /credits`: for management keys only. @param {import('./state.mjs').FakeState} state @param {string} key */
export function describeCredits(state, key) {
  if (!state.keys.get(key)?.management) return { status: 403, json: { error: { code: 403, message: 'Only management keys can perform this operation' } } }
  return { status: 200, json: { data: { total_credits: 100.5, total_usage: 25.75 } } }
}
