import { readFileSync } from 'node:fs'
import { chromium, type Browser, type Page } from '@playwright/test'
import { findChromium } from '../../scripts/browser.mjs'

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] })

export interface PageChoice { width?: number, colorScheme?: 'light' | 'dark', javaScriptEnabled?: boolean }

/** A page of a reader. `problems` collects whatever no shared page may do: run foreign script, break its policy, ask another host. */
export async function openPage(browser: Browser, url: string, { width = 1280, colorScheme = 'light', javaScriptEnabled = true }: PageChoice = {}): Promise<{ page: Page, problems: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled, reducedMotion: 'reduce' })
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`uncaught ${error.message}`))
  page.on('dialog', (dialog) => {
    problems.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (line) => {
    if (line.type() === 'error') problems.push(line.text())
  })
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (/^https?:$/.test(protocol) && host !== new URL(url).host) problems.push(`request to ${request.url()}`)
  })
  // Static files are the build's; this server has the routes only.
  const script = readFileSync(new URL('../../public/share.js', import.meta.url), 'utf8')
  await page.route('**/share.js', (route) => route.fulfill({ body: script, contentType: 'text/javascript' }))
  await page.route(/\/favicon\.ico|\/icons\//, (route) => route.fulfill({ status: 204 }))
  await page.goto(url)
  return { page, problems }
}
