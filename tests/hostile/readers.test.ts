import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tediousPdf } from '../blobs/samples'
import { Target } from './attack'

let target: Target
beforeAll(async () => { target = await Target.start({ NUXT_SIGNUP: 'open' }) })
afterAll(() => target.remove())

/** A device of a space of its own; answers how it uploads. */
async function join(): Promise<(bytes: Buffer, mime: string) => Promise<number>> {
  const minted = await fetch(`${target.url}/auth/spsk/mint`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"deviceName":"stranger"}' })
  const { token } = await minted.json() as { token: string }
  return async (bytes, mime) => {
    const name = createHash('sha256').update(bytes).digest('hex')
    const answer = await fetch(`${target.url}/blob/${name}`, {
      method: 'PUT', headers: { 'authorization': `Bearer ${token}`, 'content-type': mime }, body: bytes as Uint8Array<ArrayBuffer>,
    })
    await answer.arrayBuffer()
    return answer.status
  }
}

test('[BL42] files that take long to look into hold up neither the server nor another space', async () => {
  const [hostile, neighbour] = [await join(), await join()]
  const idle = await target.delay()
  const attack = Promise.all([1, 2].map((number) => hostile(tediousPdf(number), 'application/pdf')))
  const delayed = await target.delay()
  expect(await neighbour(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml')).toBe(201)
  expect(await attack).toEqual([415, 415])
  expect(delayed).toBeLessThanOrEqual(idle * 10)
})
