import { expect, type Page } from '@playwright/test'

const hour = 3_600_000
const label = (n: number) => `Thread ${String(n).padStart(5, '0')}`

/** An export of so many threads of one message each, the newest first by their number. */
export function longHistory(count: number, now = Date.now()): Buffer {
  const numbers = Array.from({ length: count }, (_, n) => n)
  const at = (n: number) => now - n * 2 * hour
  return Buffer.from(JSON.stringify({
    format: 'holdfast', version: 1,
    threads: numbers.map((n) => ({
      id: `thread-${n}`, title: label(n), pinned: false, archived: false, model: null, system_prompt: null, active_leaf: null, parent_thread: null, parent_message: null, created_at: at(n),
    })),
    messages: numbers.map((n) => ({
      id: `message-${n}`, thread: `thread-${n}`, parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text: `a lighthouse, number ${n}` }],
      model: null, usage: null, error: null, run: null, created_at: at(n),
    })),
  }))
}

/** Imports such a history as a person does. */
export async function importHistory(page: Page, count: number): Promise<void> {
  await page.goto('/settings')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Import', exact: true }).click()])
  await chooser.setFiles({ name: 'history.json', mimeType: 'application/json', buffer: longHistory(count) })
  await expect(page.getByText(/^Imported [\d,]+ threads with/)).toBeVisible({ timeout: 60_000 })
}

/** The link of a thread of such a history. */
export const threadLink = (page: Page, n: number) => page.getByRole('navigation', { name: 'Threads' }).getByRole('link', { name: label(n) })
