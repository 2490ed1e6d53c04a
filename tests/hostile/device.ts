import { formatClock } from '~/shared/sync/clock'
import type { Target } from './attack'

const key = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`

interface Reply { status: string, parts: Record<string, unknown>[], error: { code: string } | null }

/** A device of the attacked server, as a script makes one: over HTTP only. */
export class Device {
  private n = 0
  private constructor(private readonly target: Target, readonly token: string, private readonly id: string) {}

  /** The server's first device, or another one of its space by a pairing code. */
  static async join(target: Target, body: object = {}): Promise<Device> {
    const answer = await fetch(`${target.url}/auth/spsk/mint`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ deviceName: 'a device', ...body }),
    })
    const { token, deviceId } = await answer.json() as { token: string, deviceId: string }
    if (!answer.ok) throw new Error(`the mint answered ${answer.status}`)
    return new Device(target, token, deviceId)
  }

  ask(path: string, method = 'GET', body?: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.target.url + path, {
      method, headers: { authorization: `Bearer ${this.token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  }

  /** Stores rows. */
  async push(rows: { t: string, k: string, c: object }[]): Promise<void> {
    const answer = await this.ask('/push', 'POST', { changes: rows.map((row) => ({ ...row, n: ++this.n, h: formatClock(Date.now(), this.n, `${this.id}.tagx`) })) })
    if (!answer.ok) throw new Error(`the push answered ${answer.status}: ${await answer.text()}`)
  }

  /** Asks a model in a thread of its own, whose row of the reply is `reply_<name>`: the event stream of the run `run_<name>`. */
  async begin(name: string, model: string): Promise<Response> {
    const [thread, question, reply, run] = ['thread', 'question', 'reply', 'run'].map((kind) => `${kind}_${name}`) as [string, string, string, string]
    const message = { thread, usage: null, error: null, deleted: 0 }
    const rows = [
      { t: 'thread', k: thread, c: { title: name, deleted: 0 } },
      { t: 'message', k: question, c: { ...message, parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text: 'go' }] } },
      { t: 'message', k: reply, c: { ...message, parent: question, role: 'assistant', status: 'queued', parts: [], run } },
    ]
    await this.push(rows)
    const stream = await this.ask('/run_thread', 'POST', {
      threadId: thread, runId: run, parentMessageId: question, messageId: reply, options: { openrouterApiKey: key, model },
    }, { accept: 'text/event-stream' })
    if (!stream.ok) throw new Error(`the run answered ${stream.status}: ${await stream.text()}`)
    return stream
  }

  /** As `begin`, to the end of the reply. */
  async run(name: string, model: string): Promise<Reply> {
    await (await this.begin(name, model)).text()
    return this.reply(name)
  }

  /** The row `reply_<name>` as the server keeps it: its status, its parts and why it failed. */
  async reply(name: string): Promise<Reply> {
    const lines = (await (await this.ask('/snapshot/0?format=rows')).text()).trimEnd().split('\n').map((line) => JSON.parse(line) as { k?: string, c?: unknown })
    return lines.find(({ k }) => k === `reply_${name}`)?.c as Reply
  }
}
