import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

type Answer = () => Iterable<string>

/** A provider that means harm: what it streams is chosen by the model's name, and its model list by `models`. It counts what it got rid of. */
export class HostileProvider {
  sent = 0
  private constructor(private readonly server: Server, private readonly answers: Record<string, Answer>) {}

  static async start(answers: Record<string, Answer>): Promise<HostileProvider> {
    const server = createServer((request, response) => {
      void text(request).then((body) => provider.answer(request.url ?? '', body, response), () => response.destroy())
    }).listen(0, '127.0.0.1')
    const provider = new HostileProvider(server, answers)
    await once(server, 'listening')
    return provider
  }

  /** For `NUXT_OPENROUTER_API_URL`. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private async answer(path: string, body: string, response: ServerResponse): Promise<void> {
    const isChat = path.endsWith('/chat/completions')
    const answer = this.answers[isChat ? (JSON.parse(body) as { model: string }).model : path.slice(1)]
    if (!answer) return void response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
    response.writeHead(200, { 'content-type': isChat ? 'text/event-stream' : 'application/json' })
    await pipeline(Readable.from(this.counted(answer())), response).catch(() => response.destroy())
  }

  private* counted(pieces: Iterable<string>): Generator<string> {
    for (const piece of pieces) {
      this.sent += piece.length
      yield piece
    }
  }
}

/** A frame of a streamed answer. */
export const frame = (delta: object): string => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`
export const finish = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

/** The same forever. */
export function* endless(start: string, more = ' '.repeat(64 * 1024)): Generator<string> {
  yield start
  for (;;) yield more
}
