import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFairTurns } from '~/server/threads/fair-turns'
import { createThread, ThreadFailure } from '~/server/threads/thread'
import { startServer, type TestServer } from '../server/harness'
import { tediousPdf } from './samples'
import { openSpace } from './space'

let server: TestServer
beforeAll(async () => { server = await startServer() })
afterAll(() => server.close())

test('[BL42] a file that takes too long to look into is refused, and other spaces do not wait for it', async () => {
  const hostile = await openSpace(server)
  const neighbour = await openSpace(server)
  const answered: string[] = []
  const send = async (name: string, space: typeof hostile, bytes: Buffer, mime: string) => {
    const { status } = await space.put(bytes, mime)
    answered.push(`${name} ${status}`)
  }
  const slow = [1, 2].map((number) => send('hostile', hostile, tediousPdf(number), 'application/pdf'))
  await send('neighbour', neighbour, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml')
  await Promise.all(slow)
  expect(answered).toEqual(['neighbour 201', 'hostile 415', 'hostile 415'])
})

test('[BL43] work of one name goes one after the other, names take turns, and what waits is bounded', async () => {
  const turns = createFairTurns({ atOnce: 1, waiting: 2 })
  const done: string[] = []
  const work = (name: string) => turns(name, async () => void done.push(name))
  const all = [work('a'), work('a'), work('a'), work('b'), work('c'), work('b')]
  await expect(Promise.resolve().then(() => work('a'))).rejects.toMatchObject({ error: { code: 'rate_limited' } })
  await Promise.all(all)
  expect(done).toEqual(['a', 'b', 'c', 'a', 'b', 'a'])
})

test('[BL43] a thread that takes too long, too much memory, or breaks is ended, and the next job gets a new one', async () => {
  const code = `const { parentPort: port } = require('node:worker_threads')
    port.on('message', (kind) => {
      if (kind === 'loop') for (;;);
      if (kind === 'grow') for (const held = []; ;) held.push(Array.from({ length: 1_000 }, Math.random))
      if (kind === 'break') throw new Error('broken')
      port.postMessage('done')
    })`
  const thread = createThread({ load: () => Promise.resolve({ default: code }), memory: 32, idle: 1_000 })
  const run = (kind: string, budget = 60_000) => thread.run<unknown>({ budget, send: (post) => post(kind), receive: (message) => message })
    .catch((error: unknown) => (error instanceof ThreadFailure ? error.reason : error))
  expect(await Promise.all([run('loop', 100), run('ok'), run('grow'), run('ok'), run('break'), run('ok')])).toEqual(['time', 'done', 'memory', 'done', 'fault', 'done'])
  await thread.close()
})
