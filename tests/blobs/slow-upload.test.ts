import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { HoldfastException } from '~/shared/errors'
import { readPieces } from '~/server/http/body-pieces'

/** Hours pass at once; the bytes go over a real connection. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** An upload that sends `bytes` every `everyMs`, until `totalMs` have passed; resolves to how its reading ended. */
async function upload({ bytes, everyMs, totalMs }: { bytes: number, everyMs: number, totalMs: number }): Promise<string> {
  let came = 0
  let end: string | null = null
  const server = createServer(async (incoming, response) => {
    try {
      for await (const piece of readPieces(incoming)) came += piece.length
      end = 'whole'
    } catch (error) {
      end = error instanceof HoldfastException ? error.error.code : String(error)
    }
    response.end()
  })
  server.requestTimeout = 0
  onTestFinished(() => void server.close().closeAllConnections())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const sent = request({ port: address.port, host: '127.0.0.1', method: 'PUT', agent: false }).on('error', () => undefined)
  for (let passed = 0, wrote = 0; passed < totalMs && end === null; passed += everyMs) {
    sent.write(Buffer.alloc(bytes))
    wrote += bytes
    // Every byte is there before the clock moves, and the reader waits for more.
    while (came < wrote && end === null) await turn()
    await turn()
    vi.advanceTimersByTime(everyMs)
  }
  sent.end()
  while (end === null) await turn()
  return end
}

test('[BL12] an upload that moves by 1 KB a second may take hours', async () => {
  expect(await upload({ bytes: 5 * 1024, everyMs: 5_000, totalMs: 3 * 60 * 60 * 1000 })).toBe('whole')
})

test.each([
  ['stands still', { bytes: 1024 * 1024, everyMs: 16_000, totalMs: 60_000 }],
  ['pretends to move', { bytes: 100, everyMs: 5_000, totalMs: 300_000 }],
])('[AU107] a body that %s is ended with its own code', async (_, pace) => {
  expect(await upload(pace)).toBe('request_timeout')
})
