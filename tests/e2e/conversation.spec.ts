import type { Page } from '@playwright/test'
import { importConversation } from './support/long-history'
import { chooseModel, composer, expect, saveKey, send, test } from './support/test'

const log = (page: Page) => page.getByRole('log', { name: 'Conversation' })
const articles = (page: Page) => log(page).getByRole('article')
const message = (page: Page, n: number) => page.locator(`#message-${n}`)
const most = 80

/** The numbers of the messages in view, from above. */
const inView = (page: Page): Promise<number[]> => log(page).evaluate((box) => {
  const { top, bottom } = box.getBoundingClientRect()
  const seen = [...box.querySelectorAll('article')].filter((article) => article.getBoundingClientRect().bottom > top + 1 && article.getBoundingClientRect().top < bottom - 1)
  return seen.map(({ id }) => Number(id.replace('message-', '')))
})
const topOf = async (page: Page, n: number) => Math.round((await message(page, n).boundingBox())?.y ?? Number.NaN)

async function scrollBy(page: Page, y: number): Promise<void> {
  await log(page).hover()
  await page.mouse.wheel(0, y)
}
/** Scrolls until a message in the middle is in view, and answers its number. */
async function scrollToMiddle(page: Page): Promise<number> {
  await log(page).evaluate((box) => {
    box.scrollTop = box.scrollHeight / 2
  })
  await expect.poll(async () => (await inView(page)).length).toBeGreaterThan(1)
  return (await inView(page))[1]!
}

test('[UI73] of thousands of messages a few screens stand in the page; wheel, keys and Jump to latest reach both ends', async ({ startApp, openProfile }) => {
  test.slow()
  const count = 4_000
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await importConversation(page, count)
  await page.goto('/t/thread-long')
  await expect(message(page, count - 1)).toBeInViewport()
  await expect(message(page, count - 1)).toHaveAttribute('aria-posinset', String(count))
  await expect(message(page, count - 1)).toHaveAttribute('aria-setsize', String(count))
  expect(await articles(page).count()).toBeLessThanOrEqual(most)
  await expect(page.getByRole('button', { name: 'Jump to latest' })).toHaveCount(0)

  // Every message comes by, in its order.
  let above = count
  for (let n = 0; n < 40; n++) {
    await log(page).evaluate(async (box) => {
      box.scrollTop -= 300
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
    })
    const seen = await inView(page)
    expect(seen).toEqual(seen.map((_, index) => seen[0]! + index))
    expect(seen.at(-1)! + 1, 'none was skipped').toBeGreaterThanOrEqual(Math.min(above, count - 1))
    above = seen[0]!
    expect(await articles(page).count()).toBeLessThanOrEqual(most)
  }
  await log(page).focus()
  await page.keyboard.press('Home')
  await expect(message(page, 0)).toBeInViewport()
  await expect(message(page, 0)).toHaveAttribute('aria-posinset', '1')
  expect(await articles(page).count()).toBeLessThanOrEqual(most)
  await page.keyboard.press('PageDown')
  await expect.poll(async () => (await inView(page))[0]).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Jump to latest' }).click()
  await expect(message(page, count - 1)).toBeInViewport()
  await expect(page.getByRole('button', { name: 'Jump to latest' })).toHaveCount(0)
  expect(await articles(page).count()).toBeLessThanOrEqual(most)
})

test('[UI74] a change above and a reply that streams leave the place; what is edited keeps focus and words when it is scrolled away', async ({ startApp, openProfile }) => {
  test.slow()
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await saveKey(page)
  await importConversation(page, 600)
  await page.goto('/t/thread-long')
  await expect(message(page, 599)).toBeInViewport()
  await chooseModel(page, 'fake/slow')
  await send(page, 'one more')
  await expect(articles(page).last()).toHaveAttribute('aria-busy', 'true')
  const there = await scrollToMiddle(page)
  const before = await topOf(page, there)

  // As another window or device would.
  await page.evaluate(async (ids) => {
    const { $database } = (window as unknown as { useNuxtApp(): { $database: { call(name: string, request: object): Promise<object> } } }).useNuxtApp()
    for (const id of ids) await $database.call('delete-message', { mutation: crypto.randomUUID(), at: Date.now(), message: id, deleted: true })
  }, [3, 4, there - 2, there - 1].map((n) => `message-${n}`))
  await expect(message(page, there)).toHaveAttribute('aria-posinset', String(there + 1 - 4))
  expect(Math.abs(await topOf(page, there) - before)).toBeLessThanOrEqual(1)

  const own = there % 2 ? there + 1 : there
  await message(page, own).hover()
  await message(page, own).getByRole('button', { name: 'Edit' }).click()
  const editor = page.getByRole('textbox', { name: 'Edit message' })
  await editor.fill('better words')
  await scrollBy(page, -12_000)
  await expect(editor).not.toBeInViewport()
  await expect(editor).toBeFocused()
  await page.keyboard.type(' still')
  await expect(editor).toBeInViewport()
  await expect(editor).toHaveValue('better words still')
  await expect(editor).toBeFocused()
  await editor.press('Escape')
  await expect(message(page, own).getByRole('button', { name: 'Edit' })).toBeFocused()
})

test('[UI75] a link to a message leads to it, and what one sends is shown at once from wherever one was', async ({ startApp, openProfile }) => {
  test.slow()
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await saveKey(page)
  await importConversation(page, 2_000)
  await page.goto('/t/thread-long#message-700')
  await expect(message(page, 700)).toBeInViewport()
  await expect(message(page, 700)).toBeFocused()
  expect(await articles(page).count()).toBeLessThanOrEqual(most)
  await page.getByRole('button', { name: 'Jump to latest' }).click()
  await expect(message(page, 1_999)).toBeInViewport()
  await chooseModel(page, 'fake/echo')
  await scrollToMiddle(page)
  await send(page, 'from far away')
  await expect(articles(page).nth(-2)).toContainText('from far away')
  await expect(articles(page).last()).toContainText('from far away')
  await expect(articles(page).last()).toBeInViewport()
  await expect(articles(page).last()).toHaveAttribute('aria-posinset', '2002')
  await scrollToMiddle(page)
  await composer(page).press('ArrowUp')
  await expect(page.getByRole('textbox', { name: 'Edit message' })).toHaveValue('from far away')
})
