import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { ServerMessage } from '~/shared/protocol/server-message'
import type { MintedToken } from '~/server/tokens/tokens'
import type { TestServer } from './harness'

/** A token as `POST /auth/spsk/mint` gave it. */
export type Grant = MintedToken
export interface Answer { status: number, headers: Headers, body: unknown }

interface RequestOptions { token?: string, body?: unknown, headers?: Record<string, string>, raw?: string }

/** A request with JSON in and out, as a script would make it. */
export async function request(server: Pick<TestServer, 'url'>, method: string, path: string, { token, body, headers = {}, raw }: RequestOptions = {}): Promise<Answer> {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(server.url + path, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  })
  const answer = await response.text()
  return { status: response.status, headers: response.headers, body: answer === '' ? null : JSON.parse(answer) }
}

/** The first device of an unclaimed server. */
export async function claim(server: TestServer, deviceName = 'first device'): Promise<Grant> {
  const { status, body } = await request(server, 'POST', '/auth/spsk/mint', { body: { deviceName } })
  if (status !== 200) throw new Error(`the claim answered ${status}: ${JSON.stringify(body)}`)
  return body as Grant
}

/** Another device of the space of `token`. */
export async function addDevice(server: TestServer, token: string, deviceName = 'another device'): Promise<Grant> {
  const { status, body } = await request(server, 'POST', '/auth/spsk/mint', { token, body: { deviceName } })
  if (status !== 200) throw new Error(`the mint answered ${status}: ${JSON.stringify(body)}`)
  return body as Grant
}

/** A first device of a space of its own, whatever the sign-up is. */
export async function addSpace(server: TestServer, deviceName = 'owner of another space'): Promise<Grant> {
  const { database, spaces, tokens } = server.context
  return database.transaction().execute(async (trx) => tokens.mint(trx, { spaceId: await spaces.create(trx), deviceName }))
}

/** A socket whose messages are read one by one, and whose end can be waited for. */
export class TestSocket {
  private readonly messages: ServerMessage[] = []
  private readonly waiting: ((message: ServerMessage) => void)[] = []
  readonly closed: Promise<{ code: number, reason: string }>

  private constructor(readonly raw: WebSocket) {
    raw.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ServerMessage
      const next = this.waiting.shift()
      if (next) next(message)
      else this.messages.push(message)
    })
    this.closed = new Promise((resolve) => raw.on('close', (code, reason) => resolve({ code, reason: reason.toString() })))
    raw.on('error', () => raw.terminate())
  }

  static async open(server: TestServer, token: string, headers: Record<string, string> = {}): Promise<TestSocket> {
    const socket = new TestSocket(new WebSocket(`${server.url.replace('http', 'ws')}/sync`, ['holdfast.v1', `spsk.${token}`], { headers }))
    await once(socket.raw, 'open')
    return socket
  }

  /** Opened and greeted. */
  static async greet(server: TestServer, grant: Grant, { cursor = 0, n = 0 } = {}): Promise<TestSocket> {
    const socket = await TestSocket.open(server, grant.token)
    socket.hello(grant, { cursor, n })
    const welcome = await socket.next()
    if (welcome.type !== 'welcome') throw new Error(`no welcome but ${JSON.stringify(welcome)}`)
    return socket
  }

  hello(grant: Grant, { cursor = 0, n = 0, epoch = null as string | null, v = 1, schema = 1 } = {}): void {
    this.send({ type: 'hello', v, space: grant.spaceId, device: grant.deviceId, cursor, epoch, n, schema, t: 0 })
  }

  send(message: object | string): void {
    this.raw.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  next(): Promise<ServerMessage> {
    const message = this.messages.shift()
    return message ? Promise.resolve(message) : new Promise((resolve) => this.waiting.push(resolve))
  }

  async nextOf<Type extends ServerMessage['type']>(type: Type): Promise<Extract<ServerMessage, { type: Type }>> {
    const message = await this.next()
    if (message.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(message)}`)
    return message as Extract<ServerMessage, { type: Type }>
  }

  close(): void {
    this.raw.close()
  }
}
