import { expect, test } from 'vitest'
import { startServer } from '../server/harness'
import { openBrowser, openPage } from './browser'
import { message, request, session, shareClient, text } from './client'

const reply = (index: number) => `## Step ${index}\n\nA **reply** with \`code\` and a [link](https://example.org/${index}).\n\n\`\`\`ts\nexport const step${index} = (a: number): number => a + ${index}\n\`\`\`\n`

test('[SH31] a session of 2,000 messages is shown whole, lets other requests through meanwhile, and is coloured for later readers', async () => {
  const server = await startServer()
  const client = shareClient(server.url)
  const { id, secret, url } = await client.create()
  const items = Array.from({ length: 2_000 }, (_, index) => {
    const name = `msg_${String(index).padStart(5, '0')}`
    return [message(name, index % 2 ? 'assistant' : 'user', { time: { created: 1_795_225_849_000 + index, completed: 1 } }), text(name, index % 2 ? reply(index) : `Question ${index}`)]
  }).flat()
  await client.sync(id, secret, [session('Two thousand'), ...items])

  const answered: string[] = []
  const [page] = await Promise.all([
    request(url).then((answer) => (answered.push('page'), answer)),
    request(`${server.url}/healthz`).then(() => answered.push('health')),
  ])
  expect(answered).toEqual(['health', 'page'])
  expect(page.text.match(/<article/g)).toHaveLength(2_000)

  const colours = (html: string) => html.match(/--code-light/g)?.length ?? 0
  await expect.poll(async () => colours((await request(url)).text), { timeout: 30_000 }).toBeGreaterThan(colours(page.text))

  const browser = await openBrowser()
  const { page: tab, problems } = await openPage(browser, url, { width: 390 })
  expect(await tab.getByRole('article', { name: 'You' }).count()).toBe(1_000)
  await tab.getByRole('navigation', { name: 'Messages' }).getByRole('link', { name: 'Question 1998' }).click()
  await tab.waitForFunction(() => (document.querySelector(':target')?.getBoundingClientRect().top ?? Infinity) < innerHeight)
  expect(problems).toEqual([])
  await browser.close()
  await server.close()
})
