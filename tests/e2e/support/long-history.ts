import { expect, type Page } from '@playwright/test'

const hour = 3_600_000
const label = (n: number) => `Thread ${String(n).padStart(5, '0')}`

const threadOf = (id: string, title: string, at: number) =>
  ({ id, title, pinned: false, archived: false, model: null, system_prompt: null, active_leaf: null, parent_thread: null, parent_message: null, created_at: at })
const messageOf = (id: string, thread: string, parent: string | null, role: string, text: string, at: number) =>
  ({ id, thread, parent, role, status: 'final', parts: [{ type: 'text', text }], model: null, usage: null, error: null, run: null, created_at: at })
const toFile = (threads: object[], messages: object[]): Buffer => Buffer.from(JSON.stringify({ format: 'holdfast', version: 1, threads, messages }))

/** An export of so many threads of one message each, the newest first by their number. */
export function longHistory(count: number, now = Date.now()): Buffer {
  const numbers = Array.from({ length: count }, (_, n) => n)
  const at = (n: number) => now - n * 2 * hour
  return toFile(
    numbers.map((n) => threadOf(`thread-${n}`, label(n), at(n))),
    numbers.map((n) => messageOf(`message-${n}`, `thread-${n}`, null, 'user', `a lighthouse, number ${n}`, at(n))),
  )
}

/** An export of one thread of so many messages, a person's and a model's in turn, of many heights. */
export function longConversation(count: number, now = Date.now()): Buffer {
  const messages = Array.from({ length: count }, (_, n) => messageOf(
    `message-${n}`, 'thread-long', n > 0 ? `message-${n - 1}` : null, n % 2 ? 'assistant' : 'user',
    `Number ${n}. ${'The keeper of the lighthouse wrote it down. '.repeat(1 + n * 7 % 23)}`, now - (count - n) * 60_000))
  return toFile([threadOf('thread-long', 'A long talk', now)], messages)
}

async function importFile(page: Page, buffer: Buffer): Promise<void> {
  await page.goto('/settings')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Import', exact: true }).click()])
  await chooser.setFiles({ name: 'history.json', mimeType: 'application/json', buffer })
  await expect(page.getByText(/^Imported [\d,]+ threads? with/)).toBeVisible({ timeout: 60_000 })
}

/** Imports such a history as a person does. */
export const importHistory = (page: Page, count: number): Promise<void> => importFile(page, longHistory(count))
export const importConversation = (page: Page, count: number): Promise<void> => importFile(page, longConversation(count))

/** The link of a thread of such a history. */
export const threadLink = (page: Page, n: number) => page.getByRole('navigation', { name: 'Threads' }).getByRole('link', { name: label(n) })
