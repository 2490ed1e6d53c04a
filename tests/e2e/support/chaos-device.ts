import type { Locator, Page } from '@playwright/test'
import type { Ledger } from './chaos-ledger'
import type { Profile } from './profile'
import { composer, expect } from './test'
import type { Wire } from './wire'

const patience = { timeout: 30_000 }
const threadOf = (page: Page): string => new URL(page.url()).pathname.split('/').at(-1) ?? ''
const log = (page: Page) => page.getByRole('log', { name: 'Conversation' })
const own = (page: Page) => log(page).getByRole('article', { name: 'You' })
const heading = (page: Page) => page.getByRole('heading', { level: 1 })

/** A person at one device: does what a page offers, and notes in the ledger what the page then shows. */
export class ChaosDevice {
  constructor(readonly name: string, readonly profile: Profile, readonly wire: Wire, private readonly ledger: Ledger, private readonly random: () => number) {}

  private pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.random() * list.length)]
  }

  /** One of the open tabs; a browser without any gets one. */
  private async tab(): Promise<Page> {
    const page = this.pick(this.profile.tabs.filter((tab) => tab.url().startsWith(this.wire.url))) ?? await this.openTab()
    await page.bringToFront()
    return page
  }

  async openTab(): Promise<Page> {
    const blank = this.profile.tabs.find((tab) => tab.url() === 'about:blank')
    if (blank) await blank.goto('/')
    const page = blank ?? await this.profile.newTab('/')
    await expect(page.getByRole('button', { name: 'Archived' })).toBeVisible(patience)
    return page
  }

  async closeTab(): Promise<void> {
    const page = await this.tab()
    // Without a tab the browser would end.
    if (this.profile.tabs.length === 1) await this.openTabBeside()
    await page.close()
  }

  private async openTabBeside(): Promise<void> {
    await this.profile.newTab('/')
  }

  async reload(): Promise<void> {
    await (await this.tab()).reload()
  }

  async kill(): Promise<void> {
    await this.profile.kill()
    await this.profile.launch()
    await this.openTab()
  }

  /** Opens one of the listed threads; null if there is none, or it was deleted elsewhere in that moment. */
  private async openThread(): Promise<Page | null> {
    const page = await this.tab()
    await expect(page.getByRole('button', { name: 'Archived' })).toBeVisible(patience)
    const links = await page.getByRole('navigation', { name: 'Threads' }).locator('a[href^="/t/"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')))
    const href = this.pick(links)
    if (!href) return null
    await page.getByRole('navigation', { name: 'Threads' }).locator(`a[href="${href}"]`).click()
    await expect(page).toHaveURL(new RegExp(`${href}$`))
    await expect(log(page).or(page.getByText('This thread was deleted'))).toBeVisible(patience)
    return await log(page).isVisible() ? page : null
  }

  async startThread(): Promise<void> {
    const page = await this.tab()
    await page.getByRole('button', { name: 'New chat' }).first().click()
    await expect(heading(page)).toHaveText('What is on your mind?')
    await this.say(page)
  }

  async reply(): Promise<void> {
    const page = await this.openThread()
    // While a reply streams, the composer offers Stop.
    if (!page || await page.getByRole('button', { name: 'Stop', exact: true }).isVisible()) return this.startThread()
    await this.say(page)
  }

  private async say(page: Page): Promise<void> {
    const text = this.ledger.nextText()
    await composer(page).fill(text)
    await composer(page).press('Enter')
    await expect(own(page).filter({ hasText: text })).toBeVisible(patience)
    this.ledger.said.set(text, threadOf(page))
  }

  /** Whether this last message is kept is open; all before it must be. */
  async sayAndDie(): Promise<void> {
    const page = await this.tab()
    await page.getByRole('button', { name: 'New chat' }).first().click()
    await expect(heading(page)).toHaveText('What is on your mind?')
    const text = this.ledger.nextText()
    this.ledger.doubtful.add(text)
    await composer(page).fill(text)
    await composer(page).press('Enter')
    await this.kill()
  }

  /** One of the messages near the end of a thread, with its words. */
  private async pickMessage(): Promise<{ page: Page, article: Locator, text: string } | null> {
    const page = await this.openThread()
    const shown = (page ? await own(page).allInnerTexts() : []).map((text) => /note \d{4} of the kiln and the tide/.exec(text)?.[0] ?? '')
    const text = this.pick(shown.slice(-3))
    return page && text ? { page, article: own(page).filter({ hasText: text }), text } : null
  }

  async edit(): Promise<void> {
    const target = await this.pickMessage()
    if (!target) return
    const { page, article, text } = target
    await article.hover()
    // An edited message that has not left takes the old one's place; one that has becomes a version beside it.
    const queued = await article.getByRole('button', { name: 'Cancel', exact: true }).isVisible()
    await article.getByRole('button', { name: 'Edit', exact: true }).click()
    const wording = this.ledger.nextText()
    const editor = page.getByRole('textbox', { name: 'Edit message' })
    await editor.fill(wording)
    await editor.press('Enter')
    await expect(own(page).filter({ hasText: wording })).toBeVisible(patience)
    this.ledger.said.set(wording, threadOf(page))
    if (queued) this.ledger.doubtful.add(text)
  }

  async removeMessage(undo: boolean): Promise<void> {
    const target = await this.pickMessage()
    if (!target) return
    const { page, article, text } = target
    await article.hover()
    const remove = article.getByRole('button', { name: 'Delete', exact: true })
    const cancel = article.getByRole('button', { name: 'Cancel', exact: true })
    if (await cancel.isVisible()) {
      await cancel.click()
      await expect(article).toHaveCount(0, patience)
      this.ledger.withdrawn.add(text)
      return
    }
    await remove.click()
    await expect(article).toHaveCount(0, patience)
    if (!undo) return void this.ledger.withdrawn.add(text)
    await this.undo(page)
    await expect(article).toBeVisible(patience)
  }

  private async undo(page: Page): Promise<void> {
    await page.getByRole('region', { name: 'Notifications' }).getByRole('button', { name: 'Undo' }).last().click()
  }

  private async menu(page: Page, name: RegExp): Promise<void> {
    await page.getByRole('button', { name: 'Thread menu' }).click()
    await page.getByRole('menuitem', { name }).click()
  }

  async removeThread(undo: boolean): Promise<void> {
    const page = await this.openThread()
    if (!page) return
    const thread = threadOf(page)
    const row = page.getByRole('navigation', { name: 'Threads' }).locator(`a[href="/t/${thread}"]`)
    await this.menu(page, /^Delete$/)
    await expect(row).toHaveCount(0, patience)
    this.ledger.deletedThreads.add(thread)
    if (!undo) return
    await this.undo(page)
    await expect(row).toBeVisible(patience)
    this.ledger.deletedThreads.delete(thread)
  }

  async rename(): Promise<void> {
    const page = await this.openThread()
    if (!page) return
    const title = `Title ${Math.floor(this.random() * 1e9)}`
    await this.menu(page, /^Rename$/)
    const field = page.getByRole('textbox', { name: 'Title' })
    await field.fill(title)
    await field.press('Enter')
    await expect(heading(page)).toHaveText(title, patience)
    this.ledger.titles.set(threadOf(page), title)
  }

  async pin(): Promise<void> {
    const page = await this.openThread()
    if (!page) return
    const mark = page.getByRole('region', { name: 'Pinned' }).locator(`a[href="/t/${threadOf(page)}"]`)
    const before = await mark.isVisible()
    await this.menu(page, /^(?:Pin|Unpin)$/)
    await expect(mark).toBeVisible({ ...patience, visible: !before })
    this.ledger.pins.set(threadOf(page), !before)
  }
}
