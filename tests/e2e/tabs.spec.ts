import type { App } from './support/app'
import type { Profile } from './support/profile'
import { expect, replies, send, startChat, syncStatus, test } from './support/test'

/** A thread in the first tab, which leads, and the same thread in a second one. */
async function openTwoTabs({ url }: App, open: (origin: string) => Promise<Profile>) {
  const profile = await open(url)
  const { page } = profile
  await startChat(page)
  await send(page, 'from the leading tab')
  await expect(replies(page)).toContainText('from the leading tab')
  const second = await profile.newTab(page.url())
  await expect(replies(second)).toContainText('from the leading tab')
  return { leading: page, second }
}

test('[ST40] a second tab sees what the first writes, and writes on when the leading tab is closed', async ({ startApp, openProfile }) => {
  const { leading, second } = await openTwoTabs(await startApp(), openProfile)
  await leading.close()
  await send(second, 'from the tab that stayed')
  await expect(replies(second).last()).toContainText('from the tab that stayed')
  await expect(syncStatus(second)).toContainText('Synced')
})

test('[ST41] when the leading tab crashes, another takes over and loses nothing', async ({ startApp, openProfile }) => {
  const { leading, second } = await openTwoTabs(await startApp(), openProfile)
  const session = await leading.context().newCDPSession(leading)
  session.send('Page.crash').catch(() => 'the page that answers is gone')
  await send(second, 'after the crash')
  await expect(replies(second).last()).toContainText('after the crash')
})

test('[ST55] a tab that the browser freezes gives up the lead, another writes on, and the first catches up and writes once it is thawed', async ({ startApp, openProfile }) => {
  const { leading, second } = await openTwoTabs(await startApp(), openProfile)
  const leader = () => second.evaluate(async () => (await navigator.locks.query()).held?.find(({ name }) => name === 'holdfast')?.clientId ?? null)
  const first = await leader()
  // What a page hears before everything in it stands still. Headless, where every page is visible, no browser freezes one by itself.
  await leading.evaluate(() => document.dispatchEvent(new Event('freeze')))
  await expect.poll(leader).not.toBe(first)
  await expect.poll(leader).not.toBe(null)
  await send(second, 'while the other is frozen')
  await expect(replies(second).last()).toContainText('while the other is frozen')
  await expect(syncStatus(second)).toContainText('Synced')
  await expect(replies(leading)).toHaveCount(1)
  await leading.evaluate(() => document.dispatchEvent(new Event('resume')))
  await expect(replies(leading).last()).toContainText('while the other is frozen')
  await send(leading, 'thawed again')
  await expect(replies(second).last()).toContainText('thawed again')
})
