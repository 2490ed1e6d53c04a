import { createPairingCode, pair } from './support/pairing'
import { chooseModel, expect, replies, saveKey, send, syncStatus, test } from './support/test'

test('[AU71] a second device pairs by code, sees thread and live stream, writes back, and is signed out when revoked', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const first = await openProfile(app.url)
  await first.page.goto('/')
  await saveKey(first.page)
  await chooseModel(first.page, 'fake/echo?pauseAt=2')
  await send(first.page, 'red orange yellow green blue')
  await expect(replies(first.page)).toContainText('red')
  const thread = first.page.url()

  const second = await openProfile(app.url)
  await second.page.goto('/')
  await expect(syncStatus(second.page)).toContainText('Local only')
  const other = await first.newTab('/settings')
  await pair(second.page, await createPairingCode(other))
  await second.page.getByRole('navigation', { name: 'Threads' }).getByRole('link', { name: /^red orange/ }).click()
  await expect(replies(second.page)).toContainText('red orange')
  await expect(replies(second.page)).toHaveAttribute('aria-busy', 'true')
  provider.release()
  await expect(replies(second.page)).toContainText('red orange yellow green blue')
  await expect(replies(first.page)).toContainText('red orange yellow green blue')

  await saveKey(second.page)
  await second.page.goto(thread)
  await send(second.page, 'written on the second device')
  await expect(replies(first.page).last()).toContainText('written on')
  provider.release()
  await expect(replies(first.page).last()).toContainText('written on the second device')

  await other.reload()
  const row = other.getByRole('list', { name: 'Devices' }).getByRole('listitem').filter({ hasNotText: 'This device' })
  await row.getByRole('button', { name: 'Revoke' }).click()
  const confirm = other.getByRole('dialog').getByRole('button', { name: /Revoke/ })
  if (await confirm.isVisible()) await confirm.click()
  await expect(syncStatus(second.page)).toContainText('Signed out')
})
