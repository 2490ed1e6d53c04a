import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partsToText } from '~/shared/domain/part'
import { goneProvider, Lab, newId, readRunEvents } from './support'

let lab: Lab
beforeAll(async () => { lab = await Lab.open() })
afterAll(() => lab.close())

const question = () => `question ${newId()}`

describe('a refusal of the provider', () => {
  it.each([
    ['fake/status-400', 'model_not_found', 1], ['fake/status-400?type=context_length_exceeded', 'context_too_long', 1], ['fake/status-401', 'key_rejected', 1],
    ['fake/status-402', 'insufficient_credits', 1], ['fake/status-403', 'moderation_blocked', 1], ['fake/status-404', 'model_not_found', 1],
    ['fake/status-408', 'provider_timeout', 1], ['fake/status-413', 'context_too_long', 1], ['fake/status-422', 'invalid_request', 1],
    ['fake/status-429?after=0', 'provider_rate_limited', 3], ['fake/status-500', 'provider_unavailable', 1], ['fake/status-502?after=0', 'provider_unavailable', 3],
    ['fake/status-503?after=0', 'provider_unavailable', 3], ['fake/status-524', 'provider_timeout', 1], ['fake/status-529?after=0', 'provider_unavailable', 3],
    ['nope/nope', 'model_not_found', 1], ['fake/redirect', 'provider_unavailable', 1], ['fake/ok-error', 'insufficient_credits', 1],
  ])('[RN152] %s stands on the reply as %s, after %i calls', async (model, code, calls) => {
    const text = question()
    const { reply, followed } = await lab.run(text, { model })
    expect(reply).toMatchObject({ status: 'error', parts: [], error: { code } })
    expect(followed.end).toMatchObject({ status: 'error', error: { code } })
    expect(lab.fake.calls({ text })).toHaveLength(calls)
  })

  it('[RN152] in words that no row can hold is kept all the same', async () => {
    const { reply } = await lab.run(question(), { model: 'fake/status-500?message=a%00b' })
    expect(reply).toMatchObject({ status: 'error', error: { code: 'provider_unavailable', details: { providerMessage: 'a\uFFFDb' } } })
  })

  it('[RN153] that passes is called again, and the countdown is told meanwhile', async () => {
    const text = question()
    const { reply, followed } = await lab.run(text, { model: 'fake/429?after=1&times=1' })
    expect(followed.deltas[0]).toMatchObject({ parts: [], seq: 0, retryAt: expect.any(Number) as number })
    expect(followed.deltas.slice(1).every((delta) => delta.retryAt === undefined)).toBe(true)
    expect(reply).toMatchObject({ status: 'final', parts: [{ text }] })
    expect(lab.fake.calls({ text })).toHaveLength(2)
  })

  it('[RN154] that asks for more patience than we have is not called again, and says how long', async () => {
    const text = question()
    expect((await lab.run(text, { model: 'fake/429?after=60' })).reply.error).toMatchObject({ code: 'provider_rate_limited', retryable: true, details: { retryAfter: 60 } })
    expect(lab.fake.calls({ text })).toHaveLength(1)
  })
})

describe('a failure inside the stream', () => {
  it.each([
    ['fake/midstream-error', 'This much had come before it broke', 'provider_unavailable'],
    ['fake/midstream-error?code=429&type=rate_limit_exceeded', 'This much had come before it broke', 'provider_rate_limited'],
    ['fake/midstream-error?code=server_error&type=server', 'This much had come before it broke', 'provider_unavailable'],
    ['fake/cut', 'partial answer that just sto', 'provider_unavailable'], ['fake/cut?how=reset', 'partial answer that just sto', 'provider_unavailable'],
    ['fake/filtered', 'This answer was', 'moderation_blocked'], ['fake/first-frame-error', '', 'provider_rate_limited'], ['fake/first-frame-error?code=503&type=provider_overloaded', '', 'provider_unavailable'],
  ])('[RN155] %s keeps what came, is typed, and is never called again', async (model, came, code) => {
    const text = question()
    const { reply, followed } = await lab.run(text, { model })
    expect(reply).toMatchObject({ status: 'error', error: { code } })
    expect(partsToText(reply.parts)).toBe(came)
    expect(followed).toMatchObject({ text: came, end: { status: 'error', error: { code } } })
    expect(lab.fake.calls({ text })).toHaveLength(1)
  })

  it('[RN157] a provider that cannot be reached is an error at once, called once', async () => {
    const away = await Lab.open({ openrouterApiUrl: await goneProvider() })
    expect((await away.run(question(), { model: 'fake/echo' })).reply.error).toMatchObject({ code: 'provider_unavailable', details: { reason: 'unreachable' } })
    await away.close()
  })

  it('[RN158] a picture of 20 MB goes to the blobs and the reply stays small', async () => {
    const size = 20 * 1024 * 1024
    const { reply } = await lab.run(question(), { model: `fake/image?bytes=${size}` })
    expect(reply).toMatchObject({ status: 'final', parts: [{ type: 'text' }, { type: 'file', mime: 'image/png', size }] })
  })

  it('[RN159] a reply longer than a row may be ends with what fits', async () => {
    const send = await lab.ask(question())
    const followed = await readRunEvents(await lab.post(send, { model: 'fake/huge?split=0' }, { accept: 'text/event-stream' }))
    expect(followed.end).toMatchObject({ status: 'error', error: { code: 'payload_too_large' } })
    expect(partsToText((await lab.reply(send.message)).parts).length).toBeGreaterThan(3_000_000)
  })
})
