import type { Page } from '@playwright/test'
import { expect, syncStatus } from './test'

/** Reads a pairing code off the settings page of a paired device. */
export async function createPairingCode(page: Page): Promise<string> {
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Add a device' }).click()
  const code = page.getByTestId('pairing-code')
  await expect(code).toHaveText(/^[A-Z0-9]{4}[- ]?[A-Z0-9]{4}$/)
  return (await code.textContent() ?? '').replace(/[^A-Z0-9]/g, '')
}

/** Types a pairing code on a device that has none yet. */
export async function pair(page: Page, code: string): Promise<void> {
  await page.goto('/pair')
  await page.getByRole('textbox', { name: 'Pairing code' }).fill(code)
  await page.getByRole('button', { name: 'Pair this device' }).click()
  await expect(syncStatus(page)).toContainText('Synced')
}
