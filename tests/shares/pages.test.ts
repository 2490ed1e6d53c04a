import { get } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { openBrowser, openPage } from './browser'
import { message, request, session, shareClient, text } from './client'

let server: TestServer
beforeAll(async () => { server = await startServer() })
afterAll(() => server.close())

/** Messages of a person and of an assistant by turns, from one number up to another. */
const messages = (from: number, until: number): unknown[] => Array.from({ length: until - from }, (_, offset) => {
  const name = `msg_${String(from + offset).padStart(5, '0')}`
  const role = (from + offset) % 2 === 1 ? 'user' as const : 'assistant' as const
  return [message(name, role, { time: { created: 1_795_225_849_000 + from + offset, completed: 1 } }), text(name, `Words ${from + offset}`)]
}).flat()
const articles = (html: string): number => html.match(/<article/g)?.length ?? 0

test('[SH51] a long share is cut into pages that are linked without a script, and its file is one', async () => {
  const client = shareClient(server.url)
  const { id, secret, url } = await client.create()
  await client.sync(id, secret, [session('Long'), ...messages(1, 2_601)])
  const [first, second, third, named] = await Promise.all([request(url), request(`${url}?page=2`), request(`${url}?page=3`), request(`${url}?page=none`)])
  expect([articles(first.text), articles(second.text), third.status, named.status]).toEqual([2_500, 100, 404, 404])
  for (const { text: html } of [third, named]) expect(html).toContain(`<a href="/share/${id}">`)
  expect([first.text, second.text].map((html) => html.match(/<article id="m\d+"/)?.[0])).toEqual(['<article id="m1"', '<article id="m2501"'])
  for (const { text: html } of [first, second]) expect(html).toContain('<dt>Messages</dt><dd>2,600</dd>')

  const browser = await openBrowser()
  const { page, problems } = await openPage(browser, url, { javaScriptEnabled: false })
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: '2,501 to 2,600' }).click()
  await page.getByRole('navigation', { name: 'Messages' }).getByRole('link', { name: 'Words 2599' }).click()
  expect(page.url()).toBe(`${url}?page=2#m2599`)
  expect(problems).toEqual([])
  await browser.close()
  expect(articles((await request(`${server.url}/share/${id}/download?format=html`)).text)).toBe(2_600)
})

test('[SH51] an address of a message leads to its page, which takes in what is new', async () => {
  const client = shareClient(server.url)
  const { id, secret, url } = await client.create()
  await client.sync(id, secret, [session('Long'), ...messages(1, 2_511)])
  const browser = await openBrowser()
  const { page } = await openPage(browser, `${url}#m2505`)
  await page.getByText('Words 2505', { exact: true }).first().waitFor()
  await client.sync(id, secret, messages(2_511, 2_513))
  await page.getByRole('article', { name: 'Assistant' }).getByText('Words 2512', { exact: true }).waitFor()
  expect(await page.getByRole('article').count()).toBe(12)
  await browser.close()
})

test('[SH52] a share that takes too long to lay out offers its data, the next time at once', async () => {
  const slow = await startServer({}, { shareQuotas: { pageMs: 1, fileMs: 1 } })
  const client = shareClient(slow.url)
  const { id, secret, url } = await client.create()
  await client.sync(id, secret, [session('Slow'), ...messages(1, 500)])
  for (const address of [url, url, `${slow.url}/share/${id}/download?format=html`]) {
    const answer = await request(address)
    expect([answer.status, answer.headers.get('etag')]).toEqual([413, null])
    expect(answer.text).toContain('<h1>Too large to be shown</h1>')
    expect(answer.text).toContain(`href="/share/${id}/download?format=json"`)
  }
  expect((await request(`${slow.url}/share/${id}/download?format=json`)).status).toBe(200)
  await slow.close()
})

test('[SH58] a stranger who names the server in many ways has a share rendered for few of them', async () => {
  const client = shareClient(server.url)
  const { id, secret, url } = await client.create()
  await client.sync(id, secret, [session('Many names')])
  const pages = new Set<string>()
  for (let number = 1; number <= 12; number++) {
    const host = `10.0.0.${number}:80`
    const page = await new Promise<string>((resolve, reject) => {
      get(url, { headers: { host } }, (response) => void readText(response).then(resolve, reject)).on('error', reject)
    })
    expect(page).toContain(number <= 4 ? `href="http://${host}/continue/${id}"` : `href="/continue/${id}"`)
    pages.add(page)
  }
  expect(pages.size).toBe(5)
})
