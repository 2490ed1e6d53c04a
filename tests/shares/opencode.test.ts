import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { App } from '../e2e/support/app'
import type { Grant } from '../server/client'
import { startServer } from '../server/harness'
import { request, shareClient } from './client'
import { importShare, startAgent, type Agent, type AgentChoice } from './opencode/agent'
import { installOpencode } from './opencode/install'
import { startProvider } from './opencode/provider'

interface Session { id: string, title: string, share?: { url: string } }
interface Item { type: string, data: { title?: string, role?: string, text?: string } }

const binary = await installOpencode()
const reply = 'Hello from the fake model.'

/** The real routes; with HOLDFAST_BUILT=1 the built server, in a process of its own. */
async function startTarget(): Promise<{ url: string, close(): Promise<void> }> {
  if (process.env.HOLDFAST_BUILT !== '1') return startServer({ shareAnonymous: 'off' })
  const app = await App.start({ NUXT_SHARE_ANONYMOUS: 'off' })
  return { url: app.url, close: () => app.remove() }
}
const patience = { timeout: 60_000, interval: 100 }

describe.skipIf(binary === null)(`the real opencode ${binary === null ? '(its binary could not be installed here)' : 'binary'}`, () => {
  let server: Awaited<ReturnType<typeof startTarget>>
  let provider: Awaited<ReturnType<typeof startProvider>>
  let owner: Grant
  let choice: AgentChoice
  let agent: Agent
  let session: Session
  let shareId = ''

  const data = async (id: string): Promise<Item[]> => {
    const { status, body } = await shareClient(server.url).data(id)
    return status === 200 ? body as Item[] : []
  }
  const spoken = async (id: string) => (await data(id)).filter(({ type }) => type === 'part').map((item) => item.data.text).filter(Boolean)
  const title = async (id: string) => (await data(id)).find(({ type }) => type === 'session')?.data.title
  const status = async (id: string) => (await shareClient(server.url).data(id)).status
  const share = async (): Promise<string> => {
    const answer = await agent.call<Session>('POST', `/session/${session.id}/share`)
    expect(answer.status).toBe(200)
    const url = answer.body.share?.url ?? ''
    expect(url.startsWith(`${server.url}/share/`)).toBe(true)
    return url.slice(`${server.url}/share/`.length)
  }
  const prompt = (text: string) => agent.call('POST', `/session/${session.id}/message`, { parts: [{ type: 'text', text }] })

  beforeAll(async () => {
    server = await startTarget()
    provider = await startProvider(reply)
    owner = (await request(`${server.url}/auth/spsk/mint`, 'POST', { deviceName: 'owner' })).body as Grant
    const { body } = await request(`${server.url}/share-keys`, 'POST', { name: 'agent' }, { authorization: `Bearer ${owner.token}` })
    // With a slash at its end, as people write it: the client then doubles it.
    choice = { binary: binary ?? '', shareUrl: `${(body as { baseUrl: string }).baseUrl}/`, providerUrl: provider.url }
    agent = await startAgent(choice)
    session = (await agent.call<Session>('POST', '/session', { title: 'A first title' })).body
  }, 120_000)
  afterAll(async () => {
    await agent?.stop()
    await provider?.close()
    await server?.close()
  })

  test('[SH30] shares by its base path, and sends the whole session', async () => {
    expect((await prompt('hi there')).status).toBe(200)
    shareId = await share()
    await vi.waitFor(async () => expect(await spoken(shareId)).toEqual(expect.arrayContaining(['hi there', reply])), patience)
    const roles = (await data(shareId)).filter(({ type }) => type === 'message').map((item) => item.data.role).sort()
    expect(roles).toEqual(['assistant', 'user'])
    expect(await title(shareId)).toBe('A first title')
  }, 180_000)

  test('[SH30] goes on with what is new', async () => {
    await prompt('and now something else')
    await vi.waitFor(async () => {
      expect((await spoken(shareId)).filter((text) => text === reply)).toHaveLength(2)
      expect(await spoken(shareId)).toContain('and now something else')
    }, patience)
    const page = await request(`${server.url}/share/${shareId}`)
    expect(page.text.match(/<article/g)).toHaveLength(4)
    expect(page.text).toContain('and now something else')
  }, 180_000)

  test('[SH30] renames what it shared', async () => {
    await agent.call('PATCH', `/session/${session.id}`, { title: 'A second title' })
    await vi.waitFor(async () => expect(await title(shareId)).toBe('A second title'), patience)
    const { body } = await request(`${server.url}/api/sessions`, 'GET', undefined, { authorization: `Bearer ${owner.token}` })
    expect((body as { sessions: object[] }).sessions).toMatchObject([{ id: shareId, title: 'A second title', sourceId: session.id, keyName: 'agent' }])
  }, 120_000)

  test('[SH30] imports a share by its address on another machine', async () => {
    const { printed, sessions } = await importShare(choice, `${server.url}/share/${shareId}`)
    expect(printed).toContain(`Imported session: ${session.id}`)
    expect(sessions).toContain('A second title')
  }, 180_000)

  test('[SH30] takes a share back, shares again, and takes it along when the session is deleted', async () => {
    expect((await agent.call('DELETE', `/session/${session.id}/share`)).status).toBe(200)
    expect(await status(shareId)).toBe(404)
    expect((await request(`${server.url}/share/${shareId}`)).status).toBe(404)

    const again = await share()
    expect(again).not.toBe(shareId)
    await vi.waitFor(async () => expect(await spoken(again)).toContain('and now something else'), patience)

    expect((await agent.call('DELETE', `/session/${session.id}`)).status).toBe(200)
    await vi.waitFor(async () => expect(await status(again)).toBe(404), patience)
  }, 180_000)
})
