import type { Page } from '@playwright/test'
import { createRandom } from '../fakes/openrouter/random.mjs'
import { ChaosDevice } from './support/chaos-device'
import { contradictions, Ledger, type Exported } from './support/chaos-ledger'
import { createPairingCode, pair } from './support/pairing'
import { chooseModel, composer, expect, replies, saveKey, send, syncStatus, test } from './support/test'
import { Wire } from './support/wire'
import type { CallAnswer, DatabaseClient, SyncState } from '../../workers/api'

const seed = Number(process.env.HOLDFAST_SEED ?? 20_261)
const minutes = Number(process.env.HOLDFAST_MINUTES ?? 0)
const shortSteps = 50

declare global {
  interface Window { useNuxtApp(): { $database: DatabaseClient } }
}

const readSync = (page: Page) => page.evaluate(() => new Promise<SyncState>((resolve) => {
  const stop = window.useNuxtApp().$database.watch('sync', {}, (state) => {
    resolve(state)
    queueMicrotask(() => stop())
  })
}))

/** Everything a device holds, as its export says it; without the time at which it was written. */
async function readExport(page: Page): Promise<Exported> {
  const text = await page.evaluate(async () => {
    const answer = await window.useNuxtApp().$database.call('export', { format: 'json' })
    if (!answer.ok) throw new Error(answer.error.message)
    return new TextDecoder().decode(answer.value.bytes)
  })
  return JSON.parse(text.replace(/"exportedAt":\d+,/, ''))
}

const checkSync = (page: Page) => page.evaluate(async (): Promise<CallAnswer<'check-sync'> | string> => {
  const answer = await window.useNuxtApp().$database.call('check-sync', {})
  return answer.ok ? answer.value : answer.error.message
})

test(`[SY103] after a chaos on two devices both hold the same, and all that was seen accepted (seed ${seed})`, async ({ startApp, openProfile, provider }) => {
  test.setTimeout((minutes + 5) * 60_000)
  const random = createRandom(seed)
  const ledger = new Ledger()
  const app = await startApp()
  const devices: ChaosDevice[] = []
  for (const name of ['first', 'second']) {
    const wire = await Wire.to(app.port)
    const profile = await openProfile(wire.url)
    const { page } = profile
    if (devices[0]) await pair(page, await createPairingCode(devices[0].profile.page))
    await page.goto('/')
    await expect(syncStatus(page)).toContainText('Synced')
    await saveKey(page)
    await page.evaluate(async () => { await navigator.serviceWorker.ready })
    devices.push(new ChaosDevice(name, profile, wire, ledger, random))
  }
  const [first, second] = devices as [ChaosDevice, ChaosDevice]
  // Chosen once, the model is the default of every new thread on both devices.
  await first.profile.page.goto('/')
  await chooseModel(first.profile.page, 'fake/echo?tps=20')
  await send(first.profile.page, 'a beginning')
  await expect(replies(first.profile.page)).toContainText('a beginning')
  await second.profile.page.goto('/')
  await expect(second.profile.page.getByRole('button', { name: 'Model', exact: true })).toHaveAttribute('data-tip', 'fake/echo?tps=20')

  let serverIsUp = true
  const toggleServer = async (): Promise<void> => {
    serverIsUp = !serverIsUp
    await (serverIsUp ? app.start() : app.stop('SIGKILL'))
  }
  const toggleWire = (device: ChaosDevice) => async (): Promise<void> => {
    if (!device.wire.isWhole) device.wire.mend()
    else if (random() < 0.6) device.wire.cut()
    else device.wire.stall()
  }
  const deeds: [weight: number, name: string, deed: (device: ChaosDevice) => Promise<unknown>][] = [
    [5, 'starts a thread', (device) => device.startThread()],
    [8, 'goes on in a thread', (device) => device.reply()],
    [4, 'edits', (device) => device.edit()],
    [3, 'renames', (device) => device.rename()],
    [2, 'pins', (device) => device.pin()],
    [2, 'deletes a message', (device) => device.removeMessage(false)],
    [2, 'deletes a message and undoes it', (device) => device.removeMessage(true)],
    [1, 'deletes a thread', (device) => device.removeThread(false)],
    [2, 'deletes a thread and undoes it', (device) => device.removeThread(true)],
    [2, 'opens a tab', (device) => device.openTab()],
    [2, 'closes a tab', (device) => device.closeTab()],
    [1, 'reloads', (device) => device.reload()],
    [2, 'loses its browser', (device) => device.kill()],
    [1, 'loses its browser while it sends', (device) => device.sayAndDie()],
    [4, 'has its network change', (device) => toggleWire(device)()],
    [3, 'sees the server come or go', toggleServer],
  ]
  const total = deeds.reduce((sum, [weight]) => sum + weight, 0)
  const until = Date.now() + minutes * 60_000
  for (let step = 0; minutes > 0 ? Date.now() < until : step < shortSteps; step++) {
    const device = random() < 0.5 ? first : second
    let at = random() * total
    const [, name, deed] = deeds.find(([weight]) => (at -= weight) < 0)!
    await test.step(`${step}: the ${device.name} device ${name}`, () => deed(device))
  }

  await test.step('all comes back', async () => {
    if (!serverIsUp) await toggleServer()
    for (const { wire } of devices) if (!wire.isWhole) wire.mend()
  })
  const pages: Page[] = []
  for (const device of devices) {
    pages.push(await device.openTab())
  }
  for (const page of pages) {
    await expect.poll(() => readSync(page), { timeout: 60_000 }).toMatchObject({ state: 'synced', outgoing: 0, rejected: 0 })
  }
  await expect.poll(async () => {
    const open = (await Promise.all(pages.map(readExport))).flatMap(({ messages }) => messages).filter(({ status }) => status === 'queued' || status === 'streaming')
    return open
  }, { timeout: 60_000 }).toEqual([])
  await expect.poll(async () => JSON.stringify(await readExport(pages[0]!)) === JSON.stringify(await readExport(pages[1]!)), { timeout: 30_000 }).toBe(true)
  const held = await readExport(pages[0]!)
  expect(contradictions(ledger, held)).toEqual([])
  for (const page of pages) {
    await expect.poll(() => checkSync(page)).toMatchObject({ equal: true, healed: false })
    await expect(composer(page)).toBeVisible()
  }
  const asked = provider.calls().map(({ text }) => text)
  expect(asked.filter((text, at) => asked.indexOf(text) !== at)).toEqual([])
  console.log(`chaos with seed ${seed}: ${ledger.said.size} messages said, ${held.messages.length} held, ${asked.length} asked of the provider`)
  for (const { wire } of devices) await wire.close()
})
