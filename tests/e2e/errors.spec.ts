import { chooseModel, expect, replies, saveKey, send, test } from './support/test'

const cases = [
  { model: 'fake/status-401', says: /key/i, code: 'key_rejected' },
  { model: 'fake/status-402', says: /credit/i, code: 'insufficient_credits' },
  { model: 'fake/status-403', says: /moderat|blocked|refused/i, code: 'moderation_blocked' },
  { model: 'fake/status-404', says: /model/i, code: 'model_not_found' },
  { model: 'fake/status-413', says: /long|large/i, code: 'context_too_long' },
  { model: 'fake/status-500', says: /provider|openrouter/i, code: 'provider_unavailable' },
  { model: 'fake/midstream-error', says: /provider|openrouter/i, code: 'provider_unavailable', kept: 'This much had come' },
  { model: 'fake/first-frame-error', says: /many|limit|busy/i, code: 'provider_rate_limited' },
  { model: 'fake/cut', says: /cut|broke|ended|interrupt|unavailable|provider/i, code: 'provider_unavailable', kept: 'partial answer' },
]

test('[RN9] every provider error becomes a sentence on the message and a toast, and what had come stays', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/')
  await saveKey(page)
  for (const { model, says, kept } of cases) {
    await page.goto('/')
    await chooseModel(page, model)
    await send(page, `trying ${model}`)
    const reply = replies(page)
    await expect(reply).toContainText(says)
    await expect(page.getByRole('region', { name: 'Notifications' }).getByRole('alert').last()).toContainText(says)
    if (kept) await expect(reply).toContainText(kept)
    await expect(page.getByRole('article', { name: 'You' })).toContainText(`trying ${model}`)
    expect(provider.calls({ model })).toHaveLength(1)
  }
})
