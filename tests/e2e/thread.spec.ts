import { readFile } from 'node:fs/promises'
import type { Locator, Page } from '@playwright/test'
import { composer, expect, replies, send, startChat, test } from './support/test'

const mine = (page: Page) => page.getByRole('log', { name: 'Conversation' }).getByRole('article', { name: 'You' })
const sidebar = (page: Page) => page.getByRole('navigation', { name: 'Threads' })

async function act(article: Locator, name: string): Promise<void> {
  await article.hover()
  await article.getByRole('button', { name, exact: true }).click()
}

async function menu(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Thread menu' }).click()
  await page.getByRole('menuitem', { name, exact: true }).click()
}

async function startThread(page: Page, text: string): Promise<void> {
  await startChat(page)
  await send(page, text)
  await expect(replies(page)).toContainText(text)
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
}

test('[UI37] edit and retry make versions that one can walk between; a branch copies the path', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startThread(page, 'first question')

  await act(replies(page), 'Retry')
  await expect(replies(page)).toContainText('2/2')
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
  await act(replies(page), 'Previous version')
  await expect(replies(page)).toContainText('1/2')

  await act(mine(page), 'Edit')
  const editor = page.getByRole('textbox', { name: 'Edit message' })
  await editor.fill('better question')
  await editor.press('Enter')
  await expect(mine(page)).toContainText('better question')
  await expect(replies(page)).toContainText('better question')
  await act(mine(page), 'Previous version')
  await expect(mine(page)).toContainText('first question')
  await act(mine(page), 'Next version')
  await expect(mine(page)).toContainText('better question')
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')

  const before = page.url()
  await act(replies(page), 'Branch')
  await expect(page).not.toHaveURL(before)
  await expect(mine(page)).toContainText('better question')
  await expect(replies(page)).toContainText('better question')
  await expect(sidebar(page).getByRole('link', { name: /first question/ })).toHaveCount(2)
})

test('[UI38] rename, pin, archive, delete with undo, copy', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startThread(page, 'a thread to handle')

  await act(replies(page), 'Copy')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('a thread to handle')

  await menu(page, 'Rename')
  const title = page.getByRole('textbox', { name: 'Title' })
  await title.fill('Handled well')
  await title.press('Enter')
  await expect(sidebar(page).getByRole('link', { name: /^Handled well/ })).toBeVisible()

  await menu(page, 'Pin')
  await expect(page.getByRole('img', { name: 'Pinned' })).toBeVisible()
  await page.getByRole('button', { name: 'Thread menu' }).click()
  await expect(page.getByRole('menuitem', { name: 'Unpin' })).toBeVisible()
  await page.keyboard.press('Escape')

  await act(mine(page), 'Delete')
  await expect(mine(page)).toHaveCount(0)
  await page.getByRole('region', { name: 'Notifications' }).getByRole('button', { name: 'Undo' }).first().click()
  await expect(mine(page)).toHaveCount(1)

  await menu(page, 'Delete')
  await expect(sidebar(page).getByRole('link', { name: /^Handled well/ })).toHaveCount(0)
  await page.getByRole('region', { name: 'Notifications' }).getByRole('button', { name: 'Undo' }).first().click()
  await expect(sidebar(page).getByRole('link', { name: /^Handled well/ })).toBeVisible()

  await sidebar(page).getByRole('link', { name: /^Handled well/ }).click()
  await menu(page, 'Archive')
  await expect(sidebar(page).getByRole('link', { name: /^Handled well/ })).toHaveCount(0)
})

test('[UI53] Export saves the thread as a Markdown file, also with the server gone', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startThread(page, 'to be kept: a/b')
  await app.stop()
  const downloading = page.waitForEvent('download')
  await menu(page, 'Export')
  const download = await downloading
  expect(download.suggestedFilename()).toBe('to be kept a b.md')
  const markdown = await readFile(await download.path(), 'utf8')
  expect(markdown).toMatch(/^# to be kept: a\/b\n\n## You \(.*\)\n\nto be kept: a\/b\n\n## Assistant \(.*\)\n\nto be kept: a\/b\n$/)
})

test('[UI39] an unknown thread says it is not on this device, a deleted one offers Undo, a wrong address is not found', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startThread(page, 'soon gone')
  const address = page.url()
  await menu(page, 'Delete')
  await page.goto(address)
  await page.getByRole('main').getByRole('button', { name: 'Undo' }).click()
  await expect(mine(page)).toContainText('soon gone')
  await page.goto('/t/00000000000000000000000000')
  await expect(page.getByRole('main')).toContainText(/not on this device/i)
  await page.goto('/no/such/page')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('There is nothing at this address')
  await expect(sidebar(page)).toBeVisible()
  await page.getByRole('main').getByRole('link', { name: 'Back to the start' }).click()
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible()
})

test('[UI50] the pairing form is there on a device that is paired already too', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/pair')
  await expect(page.getByRole('main')).toContainText('paired already')
  await expect(page.getByRole('textbox', { name: 'Pairing code' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Pair this device' })).toBeVisible()
})

test('[UI35] Shift+Enter is a new line, and the draft survives a reload', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/')
  await composer(page).fill('line one')
  await composer(page).press('Shift+Enter')
  await composer(page).pressSequentially('line two')
  await expect(composer(page)).toHaveValue('line one\nline two')
  await page.reload()
  await expect(composer(page)).toHaveValue('line one\nline two')
})
