import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'

const fixture = (name: string): string => readFileSync(new URL(`../../fixtures/former-kind/${name}`, import.meta.url), 'utf8')

/** What pages of that kind do about updates and drafts: they register the worker, tell it nothing, and mirror what is typed. */
const page = `
navigator.serviceWorker.register('/service-worker.js', { scope: '/' })
const field = document.querySelector('textarea')
field.value = JSON.parse(localStorage.getItem('holdfast:draft:new') ?? '{"text":""}').text
field.oninput = () => localStorage.setItem('holdfast:draft:new', JSON.stringify({ text: field.value, synced: '' }))
document.querySelector('button').onclick = () => history.pushState({}, '', '/settings')
`

const files: Record<string, [type: string, text: string]> = {
  '/service-worker.js': ['text/javascript', fixture('service-worker.txt')],
  '/_nuxt/former-page.js': ['text/javascript', page],
}

/**
 * Serves the last build that knew of no update: its service worker as it was built, with a list of two files, and a page that does
 * what its pages did.
 */
export async function serveFormerKind(port: number): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const [type, text] = files[url] ?? ['text/html', fixture('page.html')]
    response.writeHead(200, { 'content-type': type, ...(url.startsWith('/_nuxt/') && { 'cache-control': 'public, max-age=31536000, immutable' }) }).end(text)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
