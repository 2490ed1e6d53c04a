import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { summaryInstruction, summaryToContent } from '~/shared/domain/history'
import { createPostgres, hasPostgres, postgresName } from './postgres'
import { Lab, key, newId, readRunEvents } from './support'

describe.each([
  { name: 'SQLite', dialect: 'sqlite', skip: false }, { name: postgresName, dialect: 'postgres', skip: !hasPostgres },
])('runs on $name', ({ dialect, skip }) => {
  if (skip) return it.skip('is not tested: there is none', () => undefined)
  let lab: Lab
  let database: Awaited<ReturnType<typeof createPostgres>> | null = null
  beforeAll(async () => {
    if (dialect === 'postgres') database = await createPostgres()
    lab = await Lab.open(database ? { databaseUrl: database.url } : {})
  })
  afterAll(async () => {
    await lab.close()
    await database?.drop()
  })

  const question = () => `question ${newId()}`

  describe('a run', () => {
    it('[RN101] streams the reply and writes it as one row with usage and cost', async () => {
      const text = question()
      const { send, followed, reply } = await lab.run(text, { model: 'fake/echo' })
      expect(followed).toMatchObject({ text, end: { status: 'final', usage: { cost: expect.any(Number) as number } } })
      expect(reply).toMatchObject({ status: 'final', parts: [{ type: 'text', text }], error: null, model: 'fake/echo' })
      expect(reply.usage).toMatchObject({ promptTokens: expect.any(Number) as number, completionTokens: 2, currency: 'USD' })
      const written = await lab.changes(send.message)
      expect(written.map((change) => [change.device, change.columns.status])).toEqual([[lab.device, 'queued'], ['server', 'streaming'], ['server', 'final']])
    })

    it('[RN102] asked for without an event stream answers 202 with its state', async () => {
      const send = await lab.ask(question())
      const response = await lab.post(send, { model: 'fake/echo' })
      expect(response.status).toBe(202)
      expect(await response.json()).toEqual({ ok: true, runId: send.run, messageId: send.message, status: 'queued' })
      expect((await lab.follow(send.run)).end?.status).toBe('final')
    })

    it('[RN103] asked for twice at once calls the provider once', async () => {
      const text = question()
      const send = await lab.ask(text)
      const answers = await Promise.all(Array.from({ length: 8 }, () => lab.post(send, { model: 'fake/echo' })))
      expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 8 }, () => 202))
      expect((await lab.follow(send.run)).text).toBe(text)
      expect((await lab.post(send, { model: 'fake/echo' })).status).toBe(202)
      expect(lab.fake.calls({ text })).toHaveLength(1)
    })

    it('[RN104] without a placeholder makes its own row, named as the run', async () => {
      const text = question()
      const send = await lab.ask(text)
      const run = newId()
      const response = await lab.post({ ...send, run }, { model: 'fake/echo' }, { messageId: undefined, accept: 'text/event-stream' })
      expect((await readRunEvents(response)).text).toBe(text)
      expect(await lab.reply(run)).toMatchObject({ thread: send.thread, parent: send.parent, role: 'assistant', run, model: 'fake/echo', status: 'final', deleted: 0 })
    })

    it('[RN105] sends who it is, the thread as its session, and only what is allowed', async () => {
      const text = question()
      const { send } = await lab.run(text, {
        model: 'fake/echo', temperature: 0.5, reasoning: { effort: 'low' }, web_search: true, provider: { sort: 'price' }, modalities: ['text'],
        tools: [{ evil: 1 }], stream: false, user: 'me', openrouterApiKey: key,
      })
      const [call] = lab.fake.calls({ text })
      expect(call?.headers).toMatchObject({ 'x-openrouter-title': 'Holdfast', 'http-referer': expect.stringMatching(/^http/) as string, 'authorization': `Bearer ${key}` })
      expect(call?.body).toEqual({
        model: 'fake/echo', messages: [{ role: 'user', content: text }], stream: true, temperature: 0.5, reasoning: { effort: 'low' }, provider: { sort: 'price' },
        modalities: ['text'], tools: [{ type: 'openrouter:web_search' }], session_id: send.thread,
      })
    })

    it('[RN106] keeps what reasoning, tools, sources and pictures it got', async () => {
      expect((await lab.run(question(), { model: 'fake/reasoning' })).reply.parts[0]).toMatchObject({ type: 'reasoning', text: expect.stringContaining('The question is clear.') as string, ms: expect.any(Number) as number })
      expect((await lab.run(question(), { model: 'fake/tools' })).reply.parts).toMatchObject([
        { type: 'tool-get_weather', toolCallId: 'call_a1', input: '{"city":"Paris"}' }, { type: 'tool-get_time', toolCallId: 'call_b2' },
      ])
      expect((await lab.run(question(), { model: 'fake/annotations' })).reply.parts[1]).toEqual({ type: 'source-url', url: 'https://example.com/a', title: 'A' })
      const image = (await lab.run(question(), { model: 'fake/image' })).reply.parts[1]
      expect(image).toMatchObject({ type: 'file', mime: 'image/png', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
      const blob = await lab.server.context.blobs.read(lab.space, (image as { sha256: string }).sha256)
      expect(Buffer.from(blob!.bytes).subarray(1, 4).toString()).toBe('PNG')
    })
  })

  describe('the history', () => {
    it('[RN110] is the live ancestors below the system prompt, without deleted and left-out ones', async () => {
      const first = await lab.ask('one', { systemPrompt: 'Be brief.' })
      await lab.post(first, { model: 'fake/echo?text=reply%20one' })
      await lab.follow(first.run)
      const second = await lab.ask('two', { thread: first.thread, after: first.message })
      await lab.post(second, { model: 'fake/echo?text=reply%20two' })
      await lab.follow(second.run)
      const sibling = await lab.ask('another branch', { thread: first.thread, after: first.message })
      await lab.post(sibling, { model: 'fake/echo' })
      const text = question()
      const third = await lab.ask(text, { thread: first.thread, after: second.message })
      await lab.write([{ t: 'message', k: second.message, c: { deleted: 1 } }])
      await lab.post(third, { model: 'fake/echo', omit: [first.parent] })
      await lab.follow(third.run)
      expect(lab.fake.calls({ text })[0]?.body.messages).toEqual([
        { role: 'system', content: 'Be brief.' }, { role: 'assistant', content: 'reply one' }, { role: 'user', content: 'two' }, { role: 'user', content: text },
      ])
    })

    it('[RN111] carries the files of a message as the provider wants them', async () => {
      const text = question()
      const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
      const file = await lab.server.context.blobs.put(lab.space, png, 'image/png', 'dot.png')
      const gone = { type: 'file' as const, sha256: 'f'.repeat(64), name: 'gone.png', mime: 'image/png', size: 1 }
      const send = await lab.ask(text, { parts: [{ type: 'text', text }, file, gone] })
      await lab.post(send, { model: 'fake/echo' })
      await lab.follow(send.run)
      expect(lab.fake.calls({ text })[0]?.body.messages).toEqual([{
        role: 'user', content: [
          { type: 'text', text }, { type: 'image_url', image_url: { url: `data:image/png;base64,${png.toString('base64')}` } },
          { type: 'text', text: '[The file gone.png is not available.]' },
        ],
      }])
    })

    it('[RN112] of a continued reply ends with its text, and the new version begins with it', async () => {
      const text = question()
      const cut = await lab.ask(text)
      await lab.post(cut, { model: 'fake/cut' })
      await lab.follow(cut.run)
      const next = { ...cut, message: newId(), run: newId() }
      await lab.write([lab.placeholder(next)])
      await lab.post(next, { model: 'fake/echo?text=,%20and%20more.', continueFrom: cut.message })
      const followed = await lab.follow(next.run)
      expect(followed.text).toBe('partial answer that just sto, and more.')
      expect((await lab.reply(next.message)).parts).toEqual([{ type: 'text', text: 'partial answer that just sto, and more.' }])
      expect(lab.fake.calls({ text })[1]?.body.messages).toEqual([{ role: 'user', content: text }, { role: 'assistant', content: 'partial answer that just sto' }])
    })
  })

  describe('a summary', () => {
    /** Two questions with their replies, and a summary of the first ones. */
    const talkWithSummary = async () => {
      const first = await lab.ask('one', { systemPrompt: 'Be brief.' })
      await lab.post(first, { model: 'fake/echo?text=reply%20one' })
      await lab.follow(first.run)
      const second = await lab.ask('two', { thread: first.thread, after: first.message })
      await lab.post(second, { model: 'fake/echo?text=reply%20two' })
      await lab.follow(second.run)
      const summary = { thread: first.thread, parent: first.message, message: newId(), run: newId() }
      const placeholder = lab.placeholder(summary)
      await lab.write([{ ...placeholder, c: { ...placeholder.c, role: 'system', model: 'fake/echo' } }])
      return { first, second, summary }
    }

    it('[RN115] is written by a run of its own, with what it covers and without the thread’s prompt', async () => {
      const { first, summary } = await talkWithSummary()
      const other = { ...summary, message: newId(), run: newId() }
      await lab.write([lab.placeholder(other)])
      await lab.post(summary, { model: 'fake/echo?text=One%20was%20said.', summarize: true })
      expect((await lab.follow(summary.run)).end).toMatchObject({ status: 'final', usage: { cost: expect.any(Number) as number } })
      expect(await lab.reply(summary.message)).toMatchObject({ role: 'system', parent: first.message, parts: [{ type: 'text', text: 'One was said.' }] })
      await lab.post(other, { model: 'fake/echo', summarize: true, omit: [first.parent] })
      await lab.follow(other.run)
      const bodies = lab.fake.calls().slice(-2).map(({ body }) => body as { messages: { role: string, content: string }[] })
      expect(bodies[0]?.messages).toEqual([{ role: 'user', content: 'one' }, { role: 'assistant', content: 'reply one' }, { role: 'user', content: summaryInstruction }])
      expect(bodies[1]?.messages).toEqual([{ role: 'assistant', content: 'reply one' }, { role: 'user', content: summaryInstruction }])
      expect(JSON.stringify(bodies)).not.toContain('"summarize"')
    })

    it('[RN115] without a placeholder makes its own row, off the path', async () => {
      const { summary } = await talkWithSummary()
      const run = newId()
      await readRunEvents(await lab.post({ ...summary, run }, { model: 'fake/echo?text=Short.', summarize: true }, { messageId: undefined, accept: 'text/event-stream' }))
      expect(await lab.reply(run)).toMatchObject({ role: 'system', status: 'final', parent: summary.parent })
    })

    it('[RN116] goes out in place of what it covers, also deleted messages of it, and into the next summary', async () => {
      const { first, second, summary } = await talkWithSummary()
      await lab.post(summary, { model: 'fake/echo?text=One%20was%20said.', summarize: true })
      await lab.follow(summary.run)
      await lab.write([{ t: 'message', k: first.parent, c: { deleted: 1 } }])
      const text = question()
      const third = await lab.ask(text, { thread: first.thread, after: second.message })
      await lab.post(third, { model: 'fake/echo', summary: summary.message })
      await lab.follow(third.run)
      const standIn = { role: 'system', content: summaryToContent('One was said.') }
      expect(lab.fake.calls({ text })[0]?.body.messages).toEqual([
        { role: 'system', content: 'Be brief.' }, standIn, { role: 'user', content: 'two' }, { role: 'assistant', content: 'reply two' }, { role: 'user', content: text },
      ])
      const next = { ...second, parent: second.message, message: newId(), run: newId() }
      await lab.write([lab.placeholder(next)])
      await lab.post(next, { model: 'fake/echo', summary: summary.message, summarize: true })
      await lab.follow(next.run)
      expect((lab.fake.calls().at(-1)?.body as { messages: unknown }).messages).toEqual([
        standIn, { role: 'user', content: 'two' }, { role: 'assistant', content: 'reply two' }, { role: 'user', content: summaryInstruction },
      ])
    })

    it('[RN117] that is none, unfinished, deleted or of other messages is a conflict, and nothing is called', async () => {
      const { first, second, summary } = await talkWithSummary()
      const text = question()
      const third = await lab.ask(text, { thread: first.thread, after: second.message })
      const refusal = async (id: string, send = third) => {
        const answer = await lab.post(send, { model: 'fake/echo', summary: id })
        return [answer.status, (await answer.json() as { error?: { code: string } }).error?.code]
      }
      expect(await refusal(newId())).toEqual([409, 'conflict'])
      expect(await refusal(first.message)).toEqual([409, 'conflict'])
      expect(await refusal(summary.message)).toEqual([409, 'conflict'])
      await lab.post(summary, { model: 'fake/echo?text=Short.', summarize: true })
      await lab.follow(summary.run)
      const elsewhere = await lab.ask(text)
      expect(await refusal(summary.message, elsewhere)).toEqual([409, 'conflict'])
      await lab.write([{ t: 'message', k: summary.message, c: { deleted: 1 } }])
      expect(await refusal(summary.message)).toEqual([409, 'conflict'])
      expect(lab.fake.calls({ text })).toHaveLength(0)
    })
  })

  describe('a request that cannot be taken', () => {
    const refused = async (response: Promise<Response>) => {
      const answer = await response
      const body = await answer.json() as { ok: boolean, error: { code: string } }
      return [answer.status, body.ok, body.error.code]
    }

    it('[RN113] names what is wrong and calls nothing', async () => {
      const text = question()
      const send = await lab.ask(text)
      const model = 'fake/echo'
      expect(await refused(lab.post(send, { model, openrouterApiKey: undefined }))).toEqual([400, false, 'key_missing'])
      expect(await refused(lab.post(send, { model, openrouterApiKey: 'schlüssel mit umlaut' }))).toEqual([401, false, 'key_rejected'])
      expect(await refused(lab.post({ ...send, thread: newId() }, { model }))).toEqual([404, false, 'not_found'])
      expect(await refused(lab.post({ ...send, parent: newId() }, { model }))).toEqual([404, false, 'not_found'])
      expect(await refused(lab.post({ ...send, message: newId() }, { model }))).toEqual([409, false, 'conflict'])
      expect(await refused(lab.post({ ...send, run: newId() }, { model }))).toEqual([409, false, 'conflict'])
      expect(await refused(lab.post(send, { model: 7 }))).toEqual([400, false, 'invalid_request'])
      expect(await refused(lab.request('/run_thread', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }))).toEqual([400, false, 'invalid_request'])
      expect(await refused(lab.request(`/run_thread/${newId()}`))).toEqual([404, false, 'not_found'])
      expect(await refused(fetch(`${lab.server.url}/run_thread`, { method: 'POST' }))).toEqual([401, false, 'unauthorized'])
      expect(lab.fake.calls({ text })).toHaveLength(0)
      expect(await lab.reply(send.message)).toMatchObject({ status: 'queued' })
      expect((await lab.post(send, { model })).status).toBe(202)
    })

    it('[RN114] on a deleted placeholder, message or thread is a conflict', async () => {
      for (const what of ['message', 'parent', 'thread'] as const) {
        const text = question()
        const send = await lab.ask(text)
        await lab.write([{ t: what === 'thread' ? 'thread' : 'message', k: send[what], c: { deleted: 1 } }])
        expect(await refused(lab.post(send, { model: 'fake/echo' }))).toEqual([409, false, 'conflict'])
        expect(lab.fake.calls({ text })).toHaveLength(0)
      }
    })
  })
})
