import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { large, SlowReader } from '../server/slow-reader'
import { Target } from './attack'
import { Device } from './device'

let provider: Awaited<ReturnType<typeof startFakeOpenRouter>>
let target: Target
beforeAll(async () => {
  provider = await startFakeOpenRouter({ pace: 'instant' })
  target = await Target.start({ NUXT_OPENROUTER_API_URL: provider.apiUrl })
})
afterAll(async () => {
  await target.remove()
  await provider.close()
})

/** Reads on until the server ends it; true if that was the reply's own end. */
const readToRunEnd = (stream: Response): Promise<boolean> => stream.text().then((text) => text.includes('event: run-end'), () => false)

test('[AU150] what a device has open ends with its token, and leaves no descriptor behind; what others have open goes on', async () => {
  const owner = await Device.join(target)
  const { code } = await (await owner.ask('/auth/spsk/pair', 'POST', {})).json() as { code: string }
  const lost = await Device.join(target, { pairingCode: code })
  const bytes = randomBytes(large)
  const blob = `/blob/${createHash('sha256').update(bytes).digest('hex')}`
  const uploaded = await fetch(target.url + blob, { method: 'PUT', body: bytes, headers: { 'authorization': `Bearer ${owner.token}`, 'content-type': 'application/octet-stream' } })
  expect(uploaded.status).toBe(201)
  const goes = await owner.begin('one', 'fake/echo?pauseAt=1')
  await provider.reached({ text: 'go', chunks: 1 })
  const before = await target.descriptors()

  const open = async (token: string) => Promise.all(Array.from({ length: 5 }, () => SlowReader.open(target.url + blob, token)))
  const [ended, kept] = [await open(lost.token), await open(owner.token)]
  const followed = await lost.ask('/run_thread/run_one')
  const { devices } = await (await owner.ask('/auth/spsk')).json() as { devices: { id: string, current: boolean }[] }
  expect((await owner.ask(`/auth/spsk/${devices.find(({ current }) => !current)!.id}`, 'DELETE')).status).toBe(200)

  expect(await readToRunEnd(followed)).toBe(false)
  for (const reader of ended) expect(await reader.end()).toBe(false)
  expect((await lost.ask(blob)).status).toBe(403)
  provider.release()
  expect(await readToRunEnd(goes)).toBe(true)
  for (const reader of kept) expect(await reader.end()).toBe(true)
  await expect.poll(() => target.descriptors(), { timeout: 30_000 }).toBeLessThanOrEqual(before + 5)
})
