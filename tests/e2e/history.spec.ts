import type { Page } from '@playwright/test'
import type { FakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { summaryInstruction, summaryToContent } from '../../shared/domain/history'
import { chooseModel, expect, replies, send, startChat, test } from './support/test'

const notice = (page: Page) => page.getByRole('status', { name: 'History' })
const wordsOf = (index: number): string => `hello ${index} ${'and so on '.repeat(32)}`.trim()
const sentBodies = (provider: FakeOpenRouter) => provider.calls().map(({ body }) => body as { messages: { role: string, content: string }[] })
const questionsOf = (body: { messages: { role: string, content: string }[] } | undefined): string[] =>
  (body?.messages ?? []).filter(({ role }) => role === 'user').map(({ content }) => content.slice(0, 7))

async function say(page: Page, index: number): Promise<void> {
  await send(page, wordsOf(index))
  await expect(replies(page)).toHaveCount(index)
  await expect(replies(page).last()).toContainText('Hello!')
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true')
}

test('[UI48] a thread too long for its model says so before sending; without its start, or with a summary of it, exactly what is shown is sent', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page, 'fake/small')
  for (const index of [1, 2, 3]) await say(page, index)
  await expect(notice(page)).toHaveText('')
  await say(page, 4)
  await expect(notice(page)).toContainText('Demo: Small takes 750 beside its reply')

  await notice(page).getByRole('button', { name: 'Drop the start' }).click()
  await expect(notice(page)).toContainText(/The first \d messages of this thread are not sent/)
  await notice(page).getByRole('button', { name: 'What is sent' }).click()
  const dialog = page.getByRole('dialog', { name: 'What is sent' })
  await expect(dialog).toContainText('messages are left out')
  const shown = await dialog.getByRole('list', { name: 'Messages that are sent' }).getByRole('listitem').filter({ hasText: /^You/ }).count()
  await expect(dialog).not.toContainText('hello 1')
  await dialog.getByRole('button', { name: 'Close' }).first().click()
  await page.reload()
  await expect(notice(page)).toContainText('are not sent')
  await send(page, 'hello 5')
  await expect(replies(page)).toHaveCount(5)
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true')
  const dropped = questionsOf(sentBodies(provider).at(-1))
  expect(dropped).toEqual(['hello 2', 'hello 3', 'hello 4', 'hello 5'].slice(-shown - 1))
  expect(dropped).not.toContain('hello 1')

  await notice(page).getByRole('button', { name: 'Send everything' }).click()
  await notice(page).getByRole('button', { name: 'Summarise the start' }).click()
  await expect(notice(page)).toContainText(/A summary stands for the first \d messages; writing it cost <?\$/)
  const summarised = sentBodies(provider).at(-1)
  expect(summarised?.messages.at(-1)).toEqual({ role: 'user', content: summaryInstruction })
  await expect(replies(page)).toHaveCount(5)
  await page.reload()
  await expect(notice(page)).toContainText('A summary stands for')
  await send(page, 'hello 6')
  await expect(replies(page)).toHaveCount(6)
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true')
  const last = sentBodies(provider).at(-1)
  expect(last?.messages[0]).toEqual({ role: 'system', content: summaryToContent('Greetings were exchanged.') })
  expect(questionsOf(last)).not.toContain('hello 1')
  expect([...questionsOf(summarised).slice(0, -1), ...questionsOf(last)]).toEqual(['hello 1', 'hello 2', 'hello 3', 'hello 4', 'hello 5', 'hello 6'])
})

test('[UI49] a reply that the provider found too long offers to drop the start, and goes out shorter', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page)
  for (const [index, text] of ['first of all '.repeat(20), 'then this'].entries()) {
    await send(page, text.trim())
    await expect(replies(page)).toHaveCount(index + 1)
    await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true')
  }
  await chooseModel(page, 'fake/413?times=1&text=short%20enough')
  await send(page, 'and now')
  await expect(replies(page).last()).toContainText('longer than this model can read')
  await replies(page).last().getByRole('button', { name: 'Drop the start' }).click()
  await expect(replies(page).last()).not.toContainText('longer than this model can read')
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true')
  await expect.poll(() => provider.calls({ text: 'and now' }).length).toBe(2)
  const [refused, taken] = provider.calls({ text: 'and now' }).map(({ body }) => (body as { messages: { content: string }[] }).messages.map(({ content }) => content))
  expect(refused).toHaveLength(5)
  expect(taken).toEqual(['then this', 'then this', 'and now'])
})
