import { chooseModel, expect, replies, saveKey, send, syncStatus, test } from './support/test'

test('[ST40] a second tab sees what the first writes, and writes on when the leading tab is closed', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const profile = await openProfile(app.url)
  const { page } = profile
  await page.goto('/')
  await saveKey(page)
  await chooseModel(page, 'fake/echo')
  await send(page, 'from the leading tab')
  await expect(replies(page)).toContainText('from the leading tab')

  const second = await profile.newTab(page.url())
  await expect(replies(second)).toContainText('from the leading tab')
  await page.close()
  await send(second, 'from the tab that stayed')
  await expect(replies(second).last()).toContainText('from the tab that stayed')
  await expect(syncStatus(second)).toContainText('Synced')
})

test('[ST41] when the leading tab crashes, another takes over and loses nothing', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const profile = await openProfile(app.url)
  const { page } = profile
  await page.goto('/')
  await saveKey(page)
  await chooseModel(page, 'fake/echo')
  await send(page, 'before the crash')
  await expect(replies(page)).toContainText('before the crash')
  const second = await profile.newTab(page.url())
  await expect(replies(second)).toContainText('before the crash')
  const session = await page.context().newCDPSession(page)
  session.send('Page.crash').catch(() => 'the page that answers is gone')
  await send(second, 'after the crash')
  await expect(replies(second).last()).toContainText('after the crash')
})
