import { describe, expect, it } from 'vitest'
import { parseErrorBody } from '~/server/openrouter/chat'
import { toProviderError } from '~/server/openrouter/provider-error'
import { createScrubber } from '~/server/openrouter/scrub'
import { readFixture } from '../fakes/openrouter/fixtures.mjs'

const refusal = (status: number, body?: unknown, headers?: Record<string, string>) =>
  toProviderError({ status, headers: new Headers(headers), body: parseErrorBody(body === undefined ? readFixture(`error-${status}.json`).toString() : JSON.stringify(body)) }, createScrubber(null))

describe('refusals of the provider', () => {
  it.each([
    [400, 'model_not_found', false], [401, 'key_rejected', false], [402, 'insufficient_credits', false], [403, 'moderation_blocked', false],
    [404, 'model_not_found', false], [408, 'provider_timeout', true], [413, 'context_too_long', false], [422, 'invalid_request', false],
    [429, 'provider_rate_limited', true], [500, 'provider_unavailable', true], [502, 'provider_unavailable', true], [503, 'provider_unavailable', true],
    [524, 'provider_timeout', true], [529, 'provider_unavailable', true],
  ])('[RN150] %i is %s, with the provider\'s own words', (status, code, retryable) => {
    const error = refusal(status)
    expect(error).toMatchObject({ code, retryable, details: { status } })
    expect(error.details?.providerMessage).toBe(JSON.parse(readFixture(`error-${status}.json`).toString()).error.message)
  })

  it.each([
    [{ error: { code: 400, message: 'x', metadata: { error_type: 'context_length_exceeded' } } }, 'context_too_long'],
    [{ error: { code: 400, message: "This endpoint's maximum context length is 8192 tokens." } }, 'context_too_long'],
    [{ error: { code: 400, message: 'x', metadata: { error_type: 'content_policy_violation' } } }, 'moderation_blocked'],
    [{ error: { code: 400, message: 'temperature must be a number' } }, 'invalid_request'],
    [{ error: { code: 403, message: 'Key limit exceeded (total limit)' } }, 'insufficient_credits'],
    [{ error: { code: 403, message: 'Only management keys can perform this operation' } }, 'key_rejected'],
    [{ error: { code: 404, message: 'x', availability: { code: 'free_variant_ended', retryable: false } } }, 'model_not_found'],
    [{ error: { code: 'server_error', message: 'x' } }, 'provider_unavailable'],
    [{ error: 'plain words' }, 'invalid_request'],
  ])('[RN150] %j is %s', (body, code) => {
    expect(refusal(typeof body.error === 'object' && typeof body.error.code === 'number' ? body.error.code : body.error === 'plain words' ? 400 : 500, body).code).toBe(code)
  })

  it('[RN151] the time to wait comes from the header, a date, or the body', () => {
    expect(refusal(429, undefined, { 'retry-after': '7' }).details?.retryAfter).toBe(7)
    expect(refusal(503, undefined, { 'retry-after': new Date(Date.now() + 5_000).toUTCString() }).details?.retryAfter).toBeGreaterThan(2)
    expect(refusal(429, { error: { code: 429, message: 'x', availability: { code: 'capacity_exhausted', retryable: true, retry_after: 3 } } }).details?.retryAfter).toBe(3)
  })

  it('[RN150] a page of HTML in place of an error gives no words', () => {
    expect(toProviderError({ status: 502, body: parseErrorBody('<html>Bad gateway</html>') }, createScrubber(null))).toMatchObject({ code: 'provider_unavailable', details: { status: 502 } })
    expect(parseErrorBody('upstream gone')).toEqual({ message: 'upstream gone' })
  })
})
