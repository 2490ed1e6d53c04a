import type { ErrorCode } from '../../shared/errors'
import { chooseModel, expect, replies, saveKey, send, startChat, test } from './support/test'

/** What each code says, and the way out that stands on the message and on the toast. */
const words: Partial<Record<ErrorCode, { sentence: string, onMessage: string, onToast: string | null }>> = {
  invalid_request: { sentence: 'The request was not understood.', onMessage: 'Retry', onToast: 'Try again' },
  key_rejected: { sentence: 'OpenRouter does not accept the key of this device.', onMessage: 'Login with OpenRouter', onToast: 'Login with OpenRouter' },
  insufficient_credits: { sentence: 'Your OpenRouter account has no credit left for this.', onMessage: 'Add credit', onToast: 'Add credit' },
  moderation_blocked: { sentence: 'The provider refused this message.', onMessage: 'Choose another model', onToast: 'Choose another model' },
  model_not_found: { sentence: 'This model is not available.', onMessage: 'Choose another model', onToast: 'Choose another model' },
  context_too_long: { sentence: 'The thread is longer than this model can read.', onMessage: 'Drop the start', onToast: 'Choose another model' },
  provider_rate_limited: { sentence: 'The provider is busy and asks for a pause.', onMessage: 'Retry', onToast: 'Try again' },
  provider_unavailable: { sentence: 'The provider failed to answer.', onMessage: 'Retry', onToast: 'Try again' },
  provider_timeout: { sentence: 'The provider took too long.', onMessage: 'Retry', onToast: 'Try again' },
}

/** Each refusal and break that OpenRouter names, what had come of the reply, and how often it is called. */
const cases: [model: string, code: ErrorCode, more?: { kept?: string, calls?: number, said?: string }][] = [
  ['fake/status-400', 'model_not_found', { said: 'not a valid model ID' }],
  ['fake/status-400?type=context_length_exceeded', 'context_too_long'],
  ['fake/status-401', 'key_rejected', { said: 'User not found.' }],
  ['fake/status-402', 'insufficient_credits', { said: 'Insufficient credits.' }],
  ['fake/status-403', 'moderation_blocked', { said: 'requires moderation' }],
  ['fake/status-404', 'model_not_found', { said: 'No endpoints found' }],
  ['fake/status-408', 'provider_timeout'],
  ['fake/status-413', 'context_too_long', { said: 'Request payload too large' }],
  ['fake/status-422', 'invalid_request', { said: 'Invalid argument' }],
  ['fake/status-429?after=0', 'provider_rate_limited', { calls: 3, said: 'Rate limit exceeded' }],
  ['fake/status-500', 'provider_unavailable', { said: 'Internal Server Error' }],
  ['fake/status-502?after=0', 'provider_unavailable', { calls: 3 }],
  ['fake/status-503?after=0', 'provider_unavailable', { calls: 3, said: 'Service temporarily unavailable' }],
  ['fake/status-504', 'provider_timeout'],
  ['fake/status-524', 'provider_timeout'],
  ['fake/status-529?after=0', 'provider_unavailable', { calls: 3 }],
  ['fake/ok-error', 'insufficient_credits'],
  ['fake/first-frame-error', 'provider_rate_limited'],
  ['fake/midstream-error', 'provider_unavailable', { kept: 'This much had come before it broke', said: 'Provider disconnected' }],
  ['fake/midstream-error?code=429&type=rate_limit_exceeded', 'provider_rate_limited', { kept: 'This much had come' }],
  ['fake/filtered', 'moderation_blocked', { kept: 'This answer was' }],
  ['fake/cut', 'provider_unavailable', { kept: 'partial answer that just sto' }],
  ['fake/cut?how=reset', 'provider_unavailable', { kept: 'partial answer that just sto' }],
]

test('[RN9] every provider error becomes a sentence on the message and a toast, and what had come stays', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  const toast = page.getByRole('region', { name: 'Notifications' }).getByRole('alert')
  await page.goto('/')
  await saveKey(page)
  for (const [index, [model, code, { kept, calls = 1, said }]] of cases.map(([m, c, more]) => [m, c, more ?? {}] as const).entries()) {
    await test.step(`${model}: ${code}`, async () => {
      const { sentence, onMessage, onToast } = words[code]!
      await page.getByRole('button', { name: 'New chat' }).click()
      await chooseModel(page, model)
      const text = `question ${index}.`
      await send(page, text)
      const ending = replies(page).locator(`[data-code="${code}"]`)
      await expect(ending).toContainText(sentence)
      await expect(ending.getByRole('button', { name: onMessage })).toBeVisible()
      await expect(toast).toContainText(sentence)
      if (onToast) await expect(toast.getByRole('button', { name: onToast })).toBeVisible()
      if (said) for (const place of [ending, toast]) await expect(place).toContainText(said)
      if (kept) await expect(replies(page)).toContainText(kept)
      await expect(page.getByRole('article', { name: 'You' })).toContainText(text)
      expect(provider.calls({ text })).toHaveLength(calls)
      await toast.getByRole('button', { name: 'Dismiss' }).click()
      await expect(toast).toHaveCount(0)
    })
  }
  await page.getByRole('button', { name: 'New chat' }).click()
  await chooseModel(page, 'fake/status-504')
  await send(page, 'asked twice')
  await toast.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => provider.calls({ text: 'asked twice' }).length).toBe(2)
})

test('[RN153] a refusal that passes shows when it is tried again, and ends as the reply', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page, 'fake/429?after=4&times=1')
  await send(page, 'once more')
  await expect(replies(page)).toContainText(/Trying again in \d s/)
  await expect(replies(page)).toContainText('once more')
  await expect(replies(page)).not.toContainText('Trying again')
  expect(provider.calls({ text: 'once more' })).toHaveLength(2)
})

test('[UI103] a reply that reached its limit goes on by Continue, one without a word can be asked for again, and tags of thinking are no text', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page, 'fake/length')
  await send(page, 'a long one')
  await expect(replies(page)).toContainText('The reply reached the limit of its length')
  await expect(replies(page).getByRole('button', { name: 'Continue' })).toBeVisible()
  await chooseModel(page, 'fake/empty')
  await send(page, 'and nothing')
  await expect(replies(page).last()).toContainText('The model answered without any text.')
  await expect(replies(page).last().getByRole('button', { name: 'Retry' })).toHaveCount(2)
  await chooseModel(page, 'fake/echo')
  await send(page, '<think>\nwhat is it\n</think>\n\nIt is this.')
  await expect(replies(page).last()).toContainText('It is this.')
  await expect(replies(page).last()).not.toContainText('what is it')
  await replies(page).last().getByText('Reasoning').click()
  await expect(replies(page).last()).toContainText('what is it')
})
