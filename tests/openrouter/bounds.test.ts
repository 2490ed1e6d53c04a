import { createServer, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { isWithinDepth } from '~/shared/domain/bounds'
import { cleanText } from '~/shared/domain/text'
import { createOpenRouter } from '~/server/openrouter/openrouter'
import { toProviderError } from '~/server/openrouter/provider-error'
import { createScrubber } from '~/server/openrouter/scrub'
import { collect, responseOf } from './collect'

const frame = (text: string) => Buffer.from(`data: ${text}\n\n`)
const delta = (members: string) => frame(`{"choices":[{"delta":{${members}}}]}`)
const finish = frame('{"choices":[{"delta":{},"finish_reason":"stop"}]}')
const mebibyte = 1024 * 1024

describe('an answer within bounds', () => {
  test('[RN220] a frame over 4 MiB ends the reply as an error, with everything so far', async () => {
    const { parts, error } = await collect(responseOf([delta('"content":"so far"'), delta(`"content":"${'x'.repeat(5 * mebibyte)}"`), finish]))
    expect(parts).toEqual([{ type: 'text', text: 'so far' }])
    expect(error).toMatchObject({ code: 'provider_unavailable', details: { reason: 'malformed' } })
  })

  test('[RN220] a line without an end is left after 4 MiB, and so is a body that was not streamed', async () => {
    let taken = 0
    const endless = function* () {
      yield Buffer.from('data: {"choices":[')
      for (;;) {
        taken += 64 * 1024
        yield Buffer.alloc(64 * 1024, 0x20)
      }
    }
    expect((await collect(responseOf(endless()))).error).toMatchObject({ details: { reason: 'malformed' } })
    expect(taken).toBeLessThan(5 * mebibyte)
    taken = 0
    expect((await collect(responseOf(endless(), { 'content-type': 'application/json' }))).error).toMatchObject({ details: { reason: 'malformed' } })
    expect(taken).toBeLessThan(5 * mebibyte)
  })

  test('[RN221] pictures do not count towards a frame, wherever its bytes are cut', async () => {
    const bytes = [Buffer.alloc(5 * mebibyte, 1), Buffer.from('two')]
    const urls = bytes.map((picture) => `{"image_url": {"url" : "data:image/png;base64,${picture.toString('base64')}"}}`)
    const whole = Buffer.concat([delta(`"content":"one \\"url\\":\\"data:image/png;base64,AAAA\\"","images":[${urls.join(',')}]`), delta('"content":" two"'), finish])
    for (const size of [whole.length, 65_536, 999]) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) => whole.subarray(index * size, (index + 1) * size))
      const { images, error, parts } = await collect(responseOf(pieces))
      expect(error).toBeNull()
      expect(images.map((image) => Buffer.from(image.bytes).equals(bytes[images.indexOf(image)]!))).toEqual([true, true])
      expect(parts[0]).toEqual({ type: 'text', text: 'one "url":"data:image/png;base64,AAAA"' })
    }
    // Cut at every byte of the address's head.
    const small = Buffer.concat([delta('"images":[{"image_url":{"url":"data:image/png;base64,dHdv"}}]'), finish])
    for (let cut = 1; cut < small.length; cut++) {
      const { images } = await collect(responseOf([small.subarray(0, cut), small.subarray(cut)]))
      expect(images.map((image) => Buffer.from(image.bytes).toString()), String(cut)).toEqual(['two'])
    }
  })

  test('[RN222] more parts in a frame than a reply may have end it, with as many as it may', async () => {
    const calls = Array.from({ length: 15_000 }, (_, index) => `{"index":${index},"id":"c${index}","function":{"name":"f","arguments":"{}"}}`)
    const { parts, error } = await collect(responseOf([delta(`"tool_calls":[${calls.join(',')}]`), finish]))
    expect(error).toMatchObject({ code: 'payload_too_large' })
    expect(parts).toHaveLength(5_000)
    expect(parts.at(-1)).toMatchObject({ type: 'tool-f', toolCallId: 'c4999', input: '{}' })
  })

  test('[RN223] what is nested too deep is kept as text, signatures whole, and a refusal says its reasons within bounds', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const signature = 's'.repeat(200_000)
    const { parts, error } = await collect(responseOf([
      delta(`"reasoning":"thought","reasoning_details":[{"type":"reasoning.text","index":0,"text":"thought","signature":"${signature}","extra":${deep}}]`), finish,
    ]))
    expect(error).toBeNull()
    expect(parts.every((part) => isWithinDepth(part))).toBe(true)
    expect(parts[0]).toMatchObject({ type: 'reasoning', text: 'thought', details: [{ signature }] })
    const reasons = [JSON.parse(deep) as unknown, 'violence', { long: 'x'.repeat(10_000) }]
    const refusal = toProviderError({ status: 403, body: { code: 403, message: 'no', metadata: { reasons, provider_name: 'p'.repeat(5_000) }, availability: undefined } }, createScrubber(null))
    expect(isWithinDepth(refusal.details)).toBe(true)
    expect(JSON.stringify(refusal).length).toBeLessThan(8_000)
    expect((refusal.details?.reasons as unknown[])[1]).toBe('violence')
  })

  test('[RN226] frames that come together are read in short turns, in between which others have theirs', async () => {
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const { parts } = await collect(responseOf([Buffer.concat([...Array.from({ length: 50_000 }, () => delta('"content":"x"')), finish])]))
    isOver = true
    expect(parts).toEqual([{ type: 'text', text: 'x'.repeat(50_000) }])
    expect(turns).toBeGreaterThan(5)
  })

  test('[RN224] a text longer than a part goes on in the next one, and none of it is lost', async () => {
    const piece = 'word '.repeat(200_000)
    const { parts } = await collect(responseOf([delta(`"content":"${piece}"`), delta(`"content":"${piece}"`), delta(`"content":"${piece}"`), finish]))
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.map((part) => ('text' in part ? part.text : '')).join('')).toBe(piece.repeat(3))
  })

  test.each([['🦊', '🦊'], ['sk-or-v1-secret ', 'sk-or-… ']])('[RN224] %s that falls between two parts of a text is whole in one, or no more than its mask', async (word, shown) => {
    const before = 'x'.repeat(1024 * 1024 - 1)
    for (const text of [`${before}${word} and on`, `${before.slice(5)}${word} and on`]) {
      const { parts } = await collect(responseOf([delta(`"content":${JSON.stringify(text)}`), finish]))
      expect(parts).toHaveLength(2)
      expect(parts.map((part) => ('text' in part ? cleanText(part.text as string) : '')).join('')).toBe(text.replace(word, shown))
    }
  })
})

describe('answers beside the chat', () => {
  let server: Server | null = null
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  /** A provider that says JSON without end, and counts what it got rid of. */
  async function startEndless(): Promise<{ openrouter: ReturnType<typeof createOpenRouter>, sent(): number }> {
    let sent = 0
    const pour = (response: ServerResponse): void => {
      while (!response.destroyed && response.write(' '.repeat(64 * 1024))) sent += 64 * 1024
      if (!response.destroyed) response.once('drain', () => pour(response))
    }
    server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"data":[')
      pour(response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return { openrouter: createOpenRouter({ apiUrl: `http://127.0.0.1:${port}`, publicUrl: null, now: Date.now }), sent: () => sent }
  }

  test('[RN225] a model list without end is left at 16 MiB, and the list that is known stands in', async () => {
    const { openrouter, sent } = await startEndless()
    expect((await openrouter.models()).source).toBe('snapshot')
    expect(sent()).toBeLessThan(32 * mebibyte)
  })

  test('[RN225] the answers to a login and about a key are bounded as well', async () => {
    const { openrouter, sent } = await startEndless()
    expect(await openrouter.keyLimits('sk-or-v1-00')).toMatchObject({ ok: false, error: { code: 'provider_unavailable' } })
    expect(await openrouter.exchange({ code: 'c', codeVerifier: 'v'.repeat(43), codeChallengeMethod: 'S256' })).toMatchObject({ ok: false, error: { code: 'provider_unavailable' } })
    expect(sent()).toBeLessThan(32 * mebibyte)
  })
})
