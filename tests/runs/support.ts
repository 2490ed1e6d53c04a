import { randomBytes } from 'node:crypto'
import { createParser } from 'eventsource-parser'
import { createId } from '~/shared/domain/ids'
import { appendDeltas, partsToText, type Part, type PartDelta } from '~/shared/domain/part'
import type { HoldfastError } from '~/shared/errors'
import { runDeltaSchema, runEndSchema, type RunDelta, type RunEnd } from '~/shared/protocol/run'
import { formatClock } from '~/shared/sync/clock'
import type { Config } from '~/server/config'
import type { Surroundings } from '~/server/context'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { startServer, type TestServer } from '../server/harness'

export type FakeOpenRouter = Awaited<ReturnType<typeof startFakeOpenRouter>>
export const key = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`
export const newId = (): string => createId(Date.now(), randomBytes)

/** The address of a provider that has gone away. */
export async function goneProvider(): Promise<string> {
  const fake = await startFakeOpenRouter()
  await fake.close()
  return fake.apiUrl
}

/** A reply's row as it stands in the merged state. */
export interface ReplyRow {
  status: string, parts: Part[], usage: Record<string, unknown> | null, error: HoldfastError | null, model: string | null, parent: string, run: string, thread: string
}
export interface Send { thread: string, parent: string, message: string, run: string }

/** A server with a fake provider behind it and one device that writes rows as a browser does. */
export class Lab {
  private n = 0
  private constructor(readonly fake: FakeOpenRouter, public server: TestServer, readonly space: string, readonly device: string, readonly token: string) {}

  static async open(overrides: Partial<Config> = {}, surroundings: Surroundings = {}): Promise<Lab> {
    const fake = await startFakeOpenRouter({ pace: 'instant' })
    const server = await startServer({ openrouterApiUrl: fake.apiUrl, openrouterAuthUrl: fake.authUrl, ...overrides }, surroundings)
    const { context } = server
    const minted = await context.database.transaction().execute(async (trx) =>
      context.tokens.mint(trx, { spaceId: await context.spaces.create(trx), deviceName: 'Laptop' }))
    return new Lab(fake, server, minted.spaceId, minted.deviceId, minted.token)
  }

  async close(): Promise<void> {
    await this.server.close()
    await this.fake.close()
  }

  async write(changes: { t: string, k: string, c: Record<string, unknown> }[]): Promise<void> {
    const h = formatClock(Date.now(), this.n % 99_999, `${this.device}.aaaa`)
    const { outcome } = await this.server.context.sync.push(this.space, this.device, changes.map((change) => ({ ...change, n: ++this.n, h })))
    if (outcome.kind !== 'stored' || outcome.rejected.length > 0) throw new Error(`not stored: ${JSON.stringify(outcome)}`)
  }

  /** Writes a question and the placeholder of its reply: in a new thread, or below `after` in an old one. */
  async ask(text: string, { thread = newId(), after = null, parts, systemPrompt = null }: { thread?: string, after?: string | null, parts?: Part[], systemPrompt?: string | null } = {}): Promise<Send> {
    const send = { thread, parent: newId(), message: newId(), run: newId() }
    const created_at = Date.now()
    await this.write([
      ...(after ? [] : [{ t: 'thread', k: thread, c: { title: 'A thread', system_prompt: systemPrompt, deleted: 0, created_at } }]),
      {
        t: 'message', k: send.parent,
        c: { thread, parent: after, role: 'user', status: 'final', parts: parts ?? [{ type: 'text', text }], usage: null, error: null, deleted: 0, created_at },
      },
      this.placeholder(send, created_at),
    ])
    return send
  }

  placeholder({ thread, parent, message, run }: Send, created_at = Date.now()) {
    return { t: 'message', k: message, c: { thread, parent, role: 'assistant', status: 'queued', parts: [], usage: null, error: null, run, deleted: 0, created_at } }
  }

  post(send: Send, options: Record<string, unknown>, { accept = 'application/json', ...members }: Record<string, unknown> & { accept?: string } = {}): Promise<Response> {
    return this.request('/run_thread', {
      method: 'POST', headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ threadId: send.thread, runId: send.run, parentMessageId: send.parent, messageId: send.message, options: { openrouterApiKey: key, ...options }, ...members }),
    })
  }

  request(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.server.url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${this.token}` } })
  }

  /** Starts a run and follows it to its end. */
  async run(text: string, options: Record<string, unknown>): Promise<{ send: Send, reply: ReplyRow, followed: Followed }> {
    const send = await this.ask(text)
    const response = await this.post(send, options, { accept: 'text/event-stream' })
    if (!response.ok) throw new Error(await response.text())
    return { send, followed: await readRunEvents(response), reply: await this.reply(send.message) }
  }

  async follow(run: string, after = 0): Promise<Followed> {
    return readRunEvents(await this.request(`/run_thread/${run}?after=${after}`))
  }

  async stop(run: string): Promise<unknown> {
    return (await this.request(`/run_thread/${run}`, { method: 'DELETE' })).json()
  }

  async reply(id: string): Promise<ReplyRow> {
    const row = await this.server.context.database.selectFrom('entity').select('columns').where('space', '=', this.space).where('table', '=', 'message').where('pk', '=', id).executeTakeFirstOrThrow()
    return JSON.parse(row.columns) as ReplyRow
  }

  /** The log's entries that touch a row, oldest first. */
  async changes(id: string): Promise<{ device: string, columns: Record<string, unknown> }[]> {
    const rows = await this.server.context.database.selectFrom('change').select(['device', 'columns']).where('space', '=', this.space).where('pk', '=', id).orderBy('seq').execute()
    return rows.map((row) => ({ device: row.device, columns: JSON.parse(row.columns) as Record<string, unknown> }))
  }
}

export interface Followed { deltas: RunDelta[], end: RunEnd | null, parts: Part[], text: string, seq: number }

/** Reads a run's event stream to its end, checking every message against its schema. */
export async function readRunEvents(response: Response, { until }: { until?: (followed: Followed) => boolean } = {}): Promise<Followed> {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const followed: Followed = { deltas: [], end: null, parts: [], text: '', seq: 0 }
  const parser = createParser({
    onEvent({ event, id, data }) {
      const message: unknown = { type: event, ...JSON.parse(data) as object }
      if (event === 'run-end') {
        followed.end = runEndSchema.parse(message)
        return
      }
      const delta = runDeltaSchema.parse(message)
      if (String(delta.seq) !== id) throw new Error('the id of an event is its number')
      followed.deltas.push(delta)
      followed.seq = delta.seq
      followed.parts = appendDeltas(followed.parts, delta.parts as PartDelta[])
      followed.text = partsToText(followed.parts)
    },
  })
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return followed
    parser.feed(decoder.decode(value, { stream: true }))
    if (until?.(followed)) {
      await reader.cancel()
      return followed
    }
  }
}
