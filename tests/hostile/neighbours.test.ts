import { afterAll, beforeAll, expect, test } from 'vitest'
import { readToEnd, Target } from './attack'

let target: Target
beforeAll(async () => { target = await Target.start() })
afterAll(() => target.remove())

test('[AU100] a connection that is closed leaves no descriptor behind', async () => {
  await target.delay(20)
  const before = await target.descriptors()
  for (let i = 0; i < 50; i++) (await target.connect()).destroy()
  await expect.poll(() => target.descriptors()).toBeLessThanOrEqual(before)
})

test('[AU101] a request that is no HTTP is answered 400 and its connection closed', async () => {
  const socket = await target.connect()
  socket.write('nonsense\r\n\r\n')
  expect(await readToEnd(socket)).toMatch(/^HTTP\/1.1 400 /)
})
