import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { request, type Created } from './client'

interface Recorded { method: string, path: string, body: Record<string, unknown> & { secret?: string }, status: number, response: unknown }
interface Item { type: string, data: { id?: string, messageID?: string } }

const read = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const recorded = read('share-requests.jsonl').trim().split('\n').map((line) => JSON.parse(line) as Recorded)
const inOrder = (items: unknown) => [...items as Item[]].map((item) => JSON.stringify(item)).sort()

let server: TestServer
beforeAll(async () => { server = await startServer() })
afterAll(() => server.close())

test('[SH1] what the real client sent, sent again, gives what it was recorded to give', async () => {
  const shares = new Map<string, Created>()
  const idOf = (path: string) => /^\/api\/share\/([^/]+)/.exec(path)?.[1] ?? ''
  let merged: unknown
  for (const { method, path, body, status, response } of recorded) {
    const share = shares.get(idOf(path))
    if (path === '/api/share') {
      const created = await request(`${server.url}/api/share`, 'POST', body)
      expect(created.status).toBe(200)
      if (status === 200) shares.set((response as Created).id, created.body as Created)
    } else if (share) {
      if (method === 'DELETE') merged ??= (await request(`${server.url}/api/share/${share.id}/data`)).body
      const answer = await request(`${server.url}${path.replace(idOf(path), share.id)}`, method, { ...body, secret: share.secret })
      expect(answer.status, `${method} ${path}`).toBe(200)
    }
  }
  const expected = (JSON.parse(read('share-data-final.json')) as { data: Item[] }).data
  expect(inOrder(merged)).toEqual(inOrder(expected))
  // Both were deleted at the end of the recording.
  for (const { id } of shares.values()) expect((await request(`${server.url}/api/share/${id}/data`)).status).toBe(404)
})
