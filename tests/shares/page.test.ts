import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { openBrowser, openPage } from './browser'
import { message, request, session, shareClient, text, type Created } from './client'
import { fullSession, hostileSession } from './samples'

let server: TestServer
let browser: Browser
let client: ReturnType<typeof shareClient>
let full: Created
const share = async (items: unknown[]): Promise<Created> => {
  const created = await client.create()
  await client.sync(created.id, created.secret, items)
  return created
}
beforeAll(async () => {
  server = await startServer()
  browser = await openBrowser()
  client = shareClient(server.url)
  full = await share(fullSession())
})
afterAll(async () => {
  await browser.close()
  await server.close()
})

test('[SH23] the page comes in a sandbox without app script, is not indexed, and describes itself to other sites', async () => {
  const { status, headers, text: html } = await request(full.url)
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(headers.get('content-security-policy')).toContain('sandbox allow-scripts allow-popups allow-downloads')
  expect(headers.get('content-security-policy')).toContain('default-src \'none\'')
  expect(headers.get('x-robots-tag')).toContain('noindex')
  expect([...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual(['<script src="/share.js" defer>'])
  expect(html).toContain('<meta property="og:title" content="Fail-over takes ten seconds">')
  expect(html).toContain(`<meta property="og:url" content="${full.url}">`)
})

test('[SH24] with JavaScript off it shows title, facts, and an article per message', async () => {
  const { page, problems } = await openPage(browser, full.url, { javaScriptEnabled: false })
  await expect(page.getByRole('heading', { level: 1 }).textContent()).resolves.toBe('Fail-over takes ten seconds')
  expect(await page.getByRole('article', { name: 'You' }).count()).toBe(2)
  expect(await page.getByRole('article', { name: 'Assistant' }).count()).toBe(2)
  const facts = await page.locator('#facts').innerText()
  for (const fact of ['Messages\n4', 'Parts\n13', '10,234 in 1,800 out', 'Syncs\n1', 'Maker Large']) expect(facts).toContain(fact)
  const answer = page.getByRole('article', { name: 'Assistant' }).first()
  await answer.locator('footer').scrollIntoViewIfNeeded()
  await expect.poll(() => answer.locator('footer').innerText()).toMatch(/Maker Large\s+in 10,234\s+out 1,800/)
  expect(await page.locator('body').innerText()).not.toContain('what only the model is told')
  expect(await page.locator('math').count()).toBe(1)
  // Its first reader waits for few of its colours.
  await expect.poll(async () => {
    await page.reload()
    return page.locator('pre span[style]').count()
  }).toBeGreaterThan(5)
  expect(problems).toEqual([])
  await page.close()
})

test('[SH24] reasoning and tools are folded with their state, and open to input and output', async () => {
  const { page } = await openPage(browser, full.url, { javaScriptEnabled: false })
  const tool = page.locator('details.tool').filter({ hasText: 'npm test' })
  // What is out of sight is not laid out, and has no text until it is.
  await tool.scrollIntoViewIfNeeded()
  await expect.poll(() => tool.locator('summary').innerText()).toMatch(/bash[\s\S]*npm test[\s\S]*failed/)
  expect(await tool.getByText('The user said no').isVisible()).toBe(false)
  await tool.locator('summary').click()
  expect(await tool.getByText('The user said no').isVisible()).toBe(true)
  const reasoning = page.getByText('I should read the lock first.')
  expect(await reasoning.isVisible()).toBe(false)
  await page.getByText('Reasoning').click()
  expect(await reasoning.isVisible()).toBe(true)
  await page.close()
})

test('[SH24] changes of a turn and of the session are shown unified, and side by side on request', async () => {
  const { page } = await openPage(browser, full.url, { javaScriptEnabled: false })
  const file = page.getByRole('region', { name: 'Files changed' }).locator('.file-diff').first()
  const lineBoxes = async (kind: string) => (await file.locator(`.line.${kind}`).first().boundingBox())!
  const unified = [await lineBoxes('gone'), await lineBoxes('came')] as const
  expect(unified[1].y).toBeGreaterThan(unified[0].y)
  expect(unified[1].x).toBe(unified[0].x)
  await page.getByRole('radio', { name: 'Split' }).check()
  const split = [await lineBoxes('gone'), await lineBoxes('came')] as const
  expect(split[1].y).toBe(split[0].y)
  expect(split[1].x).toBeGreaterThan(split[0].x)
  expect(await page.locator('article .turn-diffs .file-diff').count()).toBe(2)
  await page.close()
})

test('[SH24] the navigator leads to a message', async () => {
  const { page } = await openPage(browser, full.url)
  await page.getByRole('navigation', { name: 'Messages' }).getByRole('link', { name: 'Ship it' }).click()
  await page.waitForFunction(() => document.querySelector(':target')?.getAttribute('aria-label') === 'You')
  expect(page.url()).toBe(`${full.url}#m3`)
  await page.close()
})

test.each([[360, 'light'], [360, 'dark'], [1440, 'light'], [1440, 'dark']] as const)('[SH25] axe finds nothing at %i px in %s, folded and unfolded, and nothing is wider than the window', async (width, colorScheme) => {
  const { page, problems } = await openPage(browser, full.url, { width, colorScheme })
  for (const open of [false, true]) {
    await page.evaluate((all) => document.querySelectorAll('main details').forEach((fold) => fold.toggleAttribute('open', all)), open)
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  }
  expect(problems).toEqual([])
  await page.close()
})

test('[SH26] hostile content in every field is text, on the page and in the file', async () => {
  const { id, url } = await share(hostileSession())
  for (const address of [url, `${url}/download?format=html`]) {
    const { text: html } = await request(address)
    expect(html).not.toMatch(/<script>|<svg onload|<img src=x|href="(?:javascript|data):|onerror="|src="(?:https?:|data:(?!image\/png;))/i)
  }
  const { page, problems } = await openPage(browser, url)
  await page.evaluate(() => document.querySelectorAll('details').forEach((fold) => { fold.open = true }))
  expect(await page.locator('article').count()).toBe(2)
  expect(await page.evaluate(() => [...document.querySelectorAll('*')].flatMap((element) => [...element.attributes]).filter(({ name }) => name.startsWith('on')).length)).toBe(0)
  expect(problems).toEqual([])
  await page.close()
  expect((await request(`${server.url}/share/${id}/download?format=md`)).status).toBe(200)
})

test('[SH27] an open page of a live share takes in what is new and keeps what the reader unfolded', async () => {
  const { id, secret, url } = await share([session('Before'), message('msg_1', 'user'), text('msg_1', 'Hello'), { type: 'part', data: { id: 'prt_r', messageID: 'msg_1', type: 'reasoning', text: 'Thinking' } }])
  const { page, problems } = await openPage(browser, url)
  await page.getByText('Reasoning').click()
  await client.sync(id, secret, [session('After'), message('msg_2', 'assistant'), text('msg_2', 'Good day'), text('msg_1', 'Hello again')])
  await page.getByRole('article', { name: 'Assistant' }).getByText('Good day').waitFor()
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('After')
  expect(await page.getByText('Hello again').count()).toBeGreaterThan(0)
  expect(await page.getByText('Thinking').isVisible()).toBe(true)
  await client.remove(id, secret)
  await page.getByText('Taken down').waitFor()
  expect(problems.filter((problem) => !problem.includes('404'))).toEqual([])
  await page.close()
})

test('[SH28] the HTML download is one file that opens from a disk with no request and no script', async () => {
  const download = await request(`${full.url}/download?format=html`)
  expect(download.headers.get('content-disposition')).toBe('attachment; filename="Fail-over-takes-ten-seconds.html"')
  expect(download.text).not.toMatch(/<script|<link/)
  const page = await browser.newPage()
  const requests: string[] = []
  page.on('request', (one) => requests.push(one.url()))
  await page.setContent(download.text)
  expect(await page.getByRole('article').count()).toBe(4)
  expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([])
  await page.close()
})

test('[SH28] the other downloads are Markdown and the same JSON as the API\'s', async () => {
  const markdown = await request(`${full.url}/download?format=md`)
  expect(markdown.text).toMatch(/^# Fail-over takes ten seconds\n[\s\S]*## You[\s\S]*Why do the other tabs wait\?[\s\S]*## Assistant \(Maker Large/)
  const json = await request(`${full.url}/download?format=json`)
  expect(json.body).toEqual((await client.info(full.id)).body)
  expect((await request(`${full.url}/download?format=exe`)).status).toBe(400)
})

test('[SH29] a page is sent again only when it changed', async () => {
  const { id, secret, url } = await share([session('Once')])
  const tag = (await request(url)).headers.get('etag') ?? ''
  expect((await request(url, 'GET', undefined, { 'if-none-match': tag })).status).toBe(304)
  await client.sync(id, secret, [session('Twice')])
  expect((await request(url, 'GET', undefined, { 'if-none-match': tag })).status).toBe(200)
})

test('[SH40] HEAD answers as GET does, and counts as no view', async () => {
  const { id, url } = await share([session('Looked at')])
  expect((await request(url, 'HEAD')).status).toBe(200)
  expect((await request(url, 'POST')).status).toBe(405)
  expect((await server.context.shares.reader.find(id))?.views).toBe(0)
})

test('[SH41] a share that is not there is a page that says so', async () => {
  const answer = await request(`${server.url}/share/AAAAAAAAAAAAAAAAAAAAAA`)
  expect(answer.status).toBe(404)
  expect(answer.text).toContain('<h1>Nothing is shared here</h1>')
})
