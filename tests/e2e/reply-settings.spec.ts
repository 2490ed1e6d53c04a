import type { Page } from '@playwright/test'
import { createPairingCode, pair } from './support/pairing'
import { chooseModel, expect, replies, send, startChat, test } from './support/test'

const settings = (page: Page) => page.getByRole('dialog', { name: 'Reply settings' })
const opener = (page: Page) => page.getByRole('button', { name: 'Reply settings' })

async function choose(page: Page, name: string, option: string): Promise<void> {
  await settings(page).getByRole('combobox', { name }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

test('[UI47] reply settings reach the provider exactly as chosen, outlive a reload, follow to another device, and can be reset', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const first = await openProfile(app.url)
  const { page } = first
  await startChat(page, 'fake/reasoning')
  await opener(page).click()
  await settings(page).getByRole('textbox', { name: 'System prompt' }).fill('Answer in rhymes.')
  await settings(page).getByRole('slider', { name: 'Temperature' }).fill('0.4')
  await choose(page, 'Reasoning effort', 'High')
  await settings(page).getByRole('button', { name: 'Add a fallback model' }).click()
  await page.getByRole('combobox', { name: 'Search models' }).fill('fake/echo')
  await page.keyboard.press('Enter')
  await choose(page, 'Prefer', 'Lowest price')
  await choose(page, 'Data collection', 'Deny')
  await settings(page).getByRole('switch', { name: 'Allow other providers' }).click()
  await settings(page).getByRole('switch', { name: 'Zero data retention' }).click()
  await expect(settings(page)).toContainText('cannot call tools')
  await settings(page).getByRole('button', { name: 'Done' }).click()
  await expect(opener(page)).toHaveAccessibleDescription('Changed')

  await page.reload()
  await expect(opener(page)).toHaveAccessibleDescription('Changed')
  await send(page, 'a question')
  await expect(page).toHaveURL(/\/t\//)
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
  const chosen = {
    model: 'fake/reasoning', models: ['fake/echo'], temperature: 0.4, reasoning: { effort: 'high' },
    provider: { sort: 'price', data_collection: 'deny', allow_fallbacks: false, zdr: true },
  }
  const [call] = provider.calls()
  expect(call?.body).toEqual({
    ...chosen, stream: true, session_id: page.url().split('/').at(-1), messages: [{ role: 'system', content: 'Answer in rhymes.' }, { role: 'user', content: 'a question' }],
  })
  await replies(page).getByRole('button', { name: 'Retry' }).click()
  await expect(replies(page)).toContainText('2/2')
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
  expect(provider.calls()[1]?.body).toMatchObject(chosen)

  const second = await openProfile(app.url)
  await second.page.goto('/')
  await pair(second.page, await createPairingCode(await first.newTab('/settings')))
  await second.page.goto(page.url())
  await opener(second.page).click()
  await expect(settings(second.page).getByRole('textbox', { name: 'System prompt' })).toHaveValue('Answer in rhymes.')
  await expect(settings(second.page).getByRole('slider', { name: 'Temperature' })).toHaveValue('0.4')
  await expect(settings(second.page).getByRole('combobox', { name: 'Reasoning effort' })).toContainText('High')
  await expect(settings(second.page).getByRole('listitem')).toContainText('Demo: Echo')
  await expect(settings(second.page).getByRole('switch', { name: 'Zero data retention' })).toBeChecked()
  await settings(second.page).getByRole('button', { name: 'Reset' }).click()

  await expect(opener(page)).toHaveAccessibleDescription('')
  await chooseModel(page, 'fake/echo')
  await send(page, 'plainly now')
  await expect(replies(page).last()).toContainText('plainly now')
  expect(provider.calls({ text: 'plainly now' })[0]?.body).toEqual({
    model: 'fake/echo', stream: true, session_id: page.url().split('/').at(-1), messages: [expect.objectContaining({ role: 'user' }), expect.objectContaining({ role: 'assistant' }), { role: 'user', content: 'plainly now' }],
  })
})
