import { expect, replies, saveKey, send, startChat, test } from './support/test'

test('[AU87] login by PKCE brings a key that appears in no address, and Log out flips the indicator in every tab', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const profile = await openProfile(app.url)
  const { page } = profile
  const addresses: string[] = []
  page.on('framenavigated', (frame) => addresses.push(frame.url()))
  await page.goto('/settings')
  const other = await profile.newTab('/')
  await expect(other.getByRole('status', { name: 'OpenRouter' })).toContainText('Not connected')
  await page.getByRole('button', { name: 'Login with OpenRouter' }).click()
  await expect(page.getByRole('status', { name: 'OpenRouter' })).toContainText(/^Connected/)
  await expect(other.getByRole('status', { name: 'OpenRouter' })).toContainText(/^Connected/)
  expect(provider.requests.filter((request) => request.path.endsWith('/auth/keys') && request.status === 200)).toHaveLength(1)
  expect(addresses.join('\n')).not.toMatch(/sk-or-/)
  expect(page.url()).not.toContain('code=')
  expect(app.log).not.toMatch(/sk-or-/)

  await page.goto('/settings')
  await page.getByRole('button', { name: 'Log out' }).click()
  await expect(page.getByRole('status', { name: 'OpenRouter' })).toContainText('Not connected')
  await expect(other.getByRole('status', { name: 'OpenRouter' })).toContainText('Not connected')
})

test('[AU88] a pasted key is shown and copied masked only', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/')
  const key = 'sk-or-v1-abcdefabcdefabcdefabcdefabcdefabcdefabcdef12345678'
  await saveKey(page, key)
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Copy masked key' }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toContain('sk-or-v1')
  expect(copied).not.toContain('abcdefabcdefabcdefabcdef')
  expect(await page.content()).not.toContain(key)
})

test('[UI42] settings has its sections, and this device can be renamed', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/settings')
  for (const name of ['OpenRouter', 'Devices', 'Appearance', 'Data', 'Notifications', 'About']) {
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible()
  }
  const device = page.getByRole('list', { name: 'Devices' }).getByRole('listitem')
  await expect(device).toContainText('This device')
  await device.getByRole('button', { name: 'Rename' }).click()
  const name = page.getByRole('textbox', { name: 'Device name' })
  await name.fill('Kitchen laptop')
  await name.press('Enter')
  await expect(device).toContainText('Kitchen laptop')
})

test('[UI43] what a reply, a thread and a day took is shown, reasoning tokens apart', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page, 'fake/reasoning')
  await send(page, 'what does it cost')
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
  await expect(replies(page)).toContainText('60 tokens out, 18 of them reasoning')
  await expect(page.getByRole('banner')).toContainText(/This thread so far; 20 tokens in; 60 tokens out, 18 of them reasoning; <?\$/)
  await page.goto('/settings')
  const today = page.getByRole('table', { name: 'Cost per day' }).getByRole('row').nth(1)
  await expect(today.getByRole('cell')).toHaveText(['20', '6018 reasoning', /^<?\$0\.\d+$/])
})
