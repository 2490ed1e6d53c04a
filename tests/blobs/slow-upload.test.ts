import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { setTimeout as pace } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { allowSlowUpload } from '~/server/blobs/slow-upload'

/** Uploads a byte every 20 ms, fifty times, to a server that ends requests after 200 ms. */
async function trickle(allow: boolean): Promise<number | 'cut'> {
  const server = createServer({ requestTimeout: 200, headersTimeout: 200, connectionsCheckingInterval: 20 }, (incoming, response) => {
    if (allow) allowSlowUpload(incoming)
    incoming.resume().on('end', () => response.end())
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const sent = request({ port: address.port, host: '127.0.0.1', method: 'PUT', agent: false })
  const answer = new Promise<number | 'cut'>((resolve) => {
    sent.on('response', (response) => resolve(response.resume().statusCode ?? 'cut'))
    sent.on('error', () => resolve('cut'))
  })
  for (let byte = 0; byte < 50 && !sent.destroyed; byte++) {
    sent.write('x')
    await pace(20)
  }
  sent.end()
  return answer
}

test('[BL12] an upload that moves may take longer than the server gives other requests', async () => {
  expect(await trickle(true)).toBe(200)
  expect(await trickle(false)).not.toBe(200)
})
