import { existsSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import type { Page } from '@playwright/test'
import { createRandom } from '../fakes/openrouter/random.mjs'
import { createPairingCode, pair } from './support/pairing'
import type { Profile } from './support/profile'
import { chooseModel, expect, replies, saveKey, send, syncStatus, test } from './support/test'
import { Wire } from './support/wire'

const long = process.env.HOLDFAST_LONG === '1'
const seed = Number(process.env.HOLDFAST_SEED ?? 4)

/** A text whose words differ, so that one lost, doubled or out of place shows. Its letters are of more than one byte. */
const numbered = (count: number): string => Array.from({ length: count }, (_, i) => `wörd${i + 1}`).join(' ')
const textOf = (page: Page) => replies(page).last().locator('.markdown')

/** The reply stands whole and ended on the page. */
async function expectWhole(page: Page, text: string): Promise<void> {
  await expect(textOf(page)).toHaveText(text)
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true')
}

/** Asks for a reply that waits after its first word, and opens it on a second, paired device. */
async function startReply(first: Profile, second: Profile, text: string): Promise<string> {
  const { page } = first
  await page.goto('/')
  await expect(syncStatus(page)).toContainText('Synced')
  await saveKey(page)
  await pair(second.page, await createPairingCode(page))
  await page.goto('/')
  await chooseModel(page, 'fake/echo?pauseAt=1')
  await send(page, text)
  await expect(textOf(page)).toHaveText('wörd1')
  await second.page.getByRole('navigation', { name: 'Threads' }).getByRole('link', { name: /^wörd1/ }).click()
  await expect(textOf(second.page)).toHaveText('wörd1')
  return page.url()
}

test(`[RN200] a reply outlives reloads at random moments of its stream (seed ${seed})`, async ({ startApp, openProfile, provider }) => {
  const rounds = long ? 60 : 20
  test.setTimeout(60_000 + rounds * 10_000)
  const random = createRandom(seed)
  const app = await startApp()
  const [first, second] = [await openProfile(app.url), await openProfile(app.url)]
  const text = numbered(rounds * 15)
  await startReply(first, second, text)
  const { page } = first
  for (let round = 0, sent = 1; round < rounds; round++) {
    const steps = 1 + Math.floor(random() * 12)
    sent += steps
    // Not before the document stands: a page that has only just committed can't be told to reload yet.
    const waitUntil = random() < 0.5 ? 'domcontentloaded' : 'load'
    if (random() < 0.5) {
      provider.release({ steps })
      await provider.reached({ chunks: sent })
      await page.reload({ waitUntil })
    } else {
      const reloaded = page.reload({ waitUntil })
      provider.release({ steps })
      await reloaded
      await provider.reached({ chunks: sent })
    }
    if (random() < 0.5) await expect(textOf(page)).toHaveText(numbered(sent))
  }
  provider.release()
  await expectWhole(page, text)
  await expectWhole(second.page, text)
  expect(provider.calls()).toHaveLength(1)
})

test('[RN201] a reply outlives its closed tab, and the leading one of two', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const [first, second] = [await openProfile(app.url), await openProfile(app.url)]
  const text = numbered(40)
  const address = await startReply(first, second, text)
  const blank = await first.newTab('about:blank')
  await first.page.close()
  provider.release({ steps: 9 })
  await expect(textOf(second.page)).toHaveText(numbered(10))
  await blank.goto(address)
  await expect(textOf(blank)).toHaveText(numbered(10))

  const follower = await first.newTab(address)
  await expect(textOf(follower)).toHaveText(numbered(10))
  await blank.close()
  provider.release({ steps: 10 })
  await expect(textOf(follower)).toHaveText(numbered(20))
  provider.release()
  await expectWhole(follower, text)
  await expectWhole(second.page, text)
  expect(provider.calls()).toHaveLength(1)
})

test('[RN202] a reply outlives a network that breaks, and one that stalls without a word', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const wire = await Wire.to(app.port)
  const [first, second] = [await openProfile(wire.url), await openProfile(app.url)]
  const text = numbered(60)
  await startReply(first, second, text)
  wire.cut()
  await expect(syncStatus(first.page)).toContainText('Offline')
  provider.release({ steps: 19 })
  await expect(textOf(second.page)).toHaveText(numbered(20))
  await expect(textOf(first.page)).toHaveText('wörd1')
  wire.mend()
  await expect(textOf(first.page)).toHaveText(numbered(20), { timeout: 30_000 })

  wire.stall()
  provider.release({ steps: 20 })
  await expect(textOf(second.page)).toHaveText(numbered(40))
  await expect(textOf(first.page)).toHaveText(numbered(20))
  wire.mend()
  await expect(textOf(first.page)).toHaveText(numbered(40))

  wire.cut()
  provider.release()
  await expectWhole(second.page, text)
  wire.mend()
  await expectWhole(first.page, text)
  expect(provider.calls()).toHaveLength(1)
  await wire.close()
})

test('[RN203] a reply outlives a killed browser, also one that is away when it ends', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const [first, second] = [await openProfile(app.url), await openProfile(app.url)]
  const text = numbered(40)
  const address = await startReply(first, second, text)
  provider.release({ steps: 4 })
  await expect(textOf(first.page)).toHaveText(numbered(5))
  await first.kill()
  provider.release({ steps: 15 })
  await expect(textOf(second.page)).toHaveText(numbered(20))
  await first.launch()
  await first.page.goto(address)
  await expect(textOf(first.page)).toHaveText(numbered(20))

  await first.kill()
  provider.release()
  await expectWhole(second.page, text)
  await first.launch()
  await first.page.goto(address)
  await expectWhole(first.page, text)
  expect(provider.calls()).toHaveLength(1)
})

/** How many words of the only run are on the server's disk, read beside the server as a backup would. */
function storedWords(folder: string): number {
  const path = join(folder, 'holdfast.sqlite')
  if (!existsSync(path)) return 0
  const file = new BetterSqlite3(path, { readonly: true })
  const batches = file.prepare<[], { data: string }>('select data from run_event order by seq').all().map(({ data }) => data)
  file.close()
  return batches.join('').match(/wörd/g)?.length ?? 0
}

test('[RN204] a killed server ends the reply as interrupted with all that was stored, on every device, and Continue goes on from there', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const [first, second] = [await openProfile(app.url), await openProfile(app.url)]
  const text = numbered(40)
  await startReply(first, second, text)
  provider.release({ steps: 11 })
  await expect.poll(() => storedWords(app.folder)).toBe(12)
  provider.release({ steps: 8 })
  await provider.reached({ chunks: 20 })
  await app.stop('SIGKILL')
  await app.start()

  for (const { page } of [first, second]) {
    await expect(replies(page).getByText('Interrupted')).toBeVisible({ timeout: 30_000 })
    await expect(replies(page).getByRole('button', { name: 'Retry' })).toBeVisible()
    await expect(syncStatus(page)).toContainText('Synced')
  }
  const kept = await textOf(first.page).innerText()
  expect(numbered(20).startsWith(kept), kept).toBe(true)
  expect(kept.startsWith(numbered(12)), kept).toBe(true)
  await expect(textOf(second.page)).toHaveText(kept)
  expect(provider.calls()).toHaveLength(1)

  await replies(first.page).getByRole('button', { name: 'Continue' }).click()
  await provider.reached({ count: 2, chunks: 1 })
  provider.release()
  await expect(replies(first.page)).toContainText('2/2')
  // Another device's new version never moves what this one shows.
  await expect(textOf(second.page)).toHaveText(kept)
  await replies(second.page).hover()
  await replies(second.page).getByRole('button', { name: 'Next version' }).click()
  for (const { page } of [first, second]) {
    await expect(textOf(page)).toContainText(kept)
    await expect(textOf(page)).toContainText('wörd40')
    await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
  }
  expect(provider.calls()).toHaveLength(2)
})
