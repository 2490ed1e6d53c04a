// npm run screenshots: the main screens of the built app, light and dark, narrow and wide, into docs/screenshots.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { startFakeOpenRouter } from '../tests/fakes/openrouter/index.mjs'
import { findChromium } from './browser.mjs'
import { ensureBuilt, ensureInstalled, root } from './setup.mjs'

ensureInstalled()
ensureBuilt()

const port = 3457
const url = `http://localhost:${port}`
const folder = mkdtempSync(join(tmpdir(), 'holdfast-screens-'))
const provider = await startFakeOpenRouter({ pace: 'instant', autoApprove: true })
const server = spawn(process.execPath, [join(root, '.output', 'server', 'index.mjs')], {
  env: {
    PATH: process.env.PATH, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), NUXT_DATA_DIR: folder,
    NUXT_OPENROUTER_API_URL: provider.apiUrl, NUXT_OPENROUTER_AUTH_URL: provider.authUrl, NUXT_LOG_LEVEL: 'warn',
  },
  stdio: 'inherit',
})
const healthy = () => fetch(`${url}/healthz`).then((answer) => answer.ok, () => false)
while (!(await healthy())) await new Promise((resolve) => setTimeout(resolve, 100))

const out = join(root, 'docs', 'screenshots')
mkdirSync(out, { recursive: true })
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] })
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', baseURL: url, deviceScaleFactor: 1 })
const page = await context.newPage()
const settled = async () => {
  await page.evaluate(() => document.fonts.ready)
  await page.waitForFunction(() => !document.querySelector('article[aria-busy="true"]'))
}
const choose = async (slug) => {
  await page.getByRole('button', { name: 'Model', exact: true }).click()
  await page.getByRole('combobox').last().fill(slug)
  await page.keyboard.press('Enter')
}
const send = async (text) => {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('textbox', { name: 'Message' }).press('Enter')
}
const ask = async (slug, text, ...more) => {
  await page.goto('/')
  await choose(slug)
  await send(text)
  await page.waitForURL('**/t/*')
  await settled()
  for (const next of more) {
    await send(next)
    await page.getByRole('article', { name: 'Assistant' }).nth(more.indexOf(next) + 1).waitFor()
    await settled()
  }
}

await page.goto('/')
await page.getByRole('status', { name: 'Sync' }).filter({ hasText: 'Synced' }).waitFor()
await page.goto('/settings')
await page.getByRole('textbox', { name: 'API key' }).fill(`sk-or-v1-${'5e'.repeat(32)}`)
await page.getByRole('button', { name: 'Save key' }).click()
await page.getByRole('button', { name: 'Copy masked key' }).waitFor()
await ask('fake/demo', 'What keeps a lighthouse standing in a storm?')
await ask('fake/echo', 'Packing list for three days of rain')
await ask('fake/status-402', 'Draft a letter to the harbour master')
const failed = page.url()
await ask('fake/reasoning', 'How do I debounce an input in TypeScript?', 'Show me the code')
const thread = page.url()

const screens = [
  ['new', '/', async () => {}],
  ['thread', thread, settled],
  ['error', failed, settled],
  ['settings', '/settings', async () => void await page.getByRole('list', { name: 'Devices' }).getByRole('listitem').first().waitFor()],
  ['pair', '/pair', async () => {}],
  ['missing', '/t/00000000000000000000000000', async () => {}],
]
for (const colorScheme of ['light', 'dark']) {
  await page.emulateMedia({ colorScheme })
  for (const [width, height] of [[360, 740], [768, 900], [1440, 900]]) {
    await page.setViewportSize({ width, height })
    for (const [name, address, ready] of screens) {
      await page.goto(address)
      await page.getByRole('main').waitFor()
      await ready()
      await page.waitForLoadState('networkidle')
      await page.screenshot({ path: join(out, `${name}-${colorScheme}-${width}.png`) })
    }
  }
}
await browser.close()
server.kill()
await provider.close()
rmSync(folder, { recursive: true, force: true })
