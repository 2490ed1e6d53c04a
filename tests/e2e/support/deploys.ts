import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

const names = readdirSync(fileURLToPath(new URL('../../../.output/public/_nuxt', import.meta.url))).filter((name) => !/\.(?:br|gz)$/.test(name))
const anyName = new RegExp(names.map((name) => name.replaceAll('.', String.raw`\.`)).join('|'), 'g')
const inlineScript = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')

/**
 * Stands before the server and serves the built app as one deploy after another: each with another build id, and with every file under a
 * name that only it has, as if every part had changed. What an earlier deploy had is gone.
 */
export class Deploys {
  private current = 0
  private isDown = false
  private readonly sockets = new Set<Socket>()

  private constructor(private readonly server: Server, private readonly target: number) {}

  static async before(target: number): Promise<Deploys> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const deploys = new Deploys(server, target)
    server.on('request', (incoming, outgoing) => deploys.relay(incoming, outgoing))
    server.on('connection', (socket) => {
      deploys.sockets.add(socket)
      socket.on('close', () => deploys.sockets.delete(socket))
    })
    server.on('upgrade', (incoming, socket) => {
      if (deploys.isDown) return void socket.destroy()
      const far = connect(target, '127.0.0.1', () => {
        far.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${incoming.rawHeaders.map((part, index) => part + (index % 2 ? '\r\n' : ': ')).join('')}\r\n`)
        far.pipe(socket).pipe(far)
      })
      far.on('error', () => socket.destroy())
      socket.on('error', () => far.destroy())
    })
    return deploys
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`
  }

  /** What the page of this deploy calls itself. */
  get build(): string {
    return `deploy-${this.current}`
  }

  next(): void {
    this.current++
  }

  /** From now on no request is answered, or again. */
  set down(isDown: boolean) {
    this.isDown = isDown
    if (isDown) this.breakConnections()
  }

  private breakConnections(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  private rename = (text: string): string => text.replace(anyName, (name) => `d${this.current}-${name}`)

  private relay(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (this.isDown) return void incoming.socket.destroy()
    const [, deploy, file] = /^\/_nuxt\/(?:d(\d+)-)?(.*)$/.exec(incoming.url ?? '') ?? []
    if (file !== undefined && Number(deploy) !== this.current) return void outgoing.writeHead(404).end()
    const { 'accept-encoding': _, 'if-none-match': __, ...headers } = incoming.headers
    const path = file === undefined ? incoming.url : `/_nuxt/${file}`
    const far = request({ host: '127.0.0.1', port: this.target, method: incoming.method, path, headers }, (answer) => this.pass(answer, outgoing))
    far.on('error', () => outgoing.destroy())
    outgoing.on('close', () => far.destroy())
    incoming.pipe(far)
  }

  private async pass(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { 'content-length': _, etag: __, ...headers } = answer.headers
    if (!/html|javascript|css/.test(headers['content-type'] ?? '')) {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      return void answer.pipe(outgoing)
    }
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    const before = Buffer.concat(chunks).toString()
    const after = this.rename(before).replace(/buildId:"[\w-]+"/, `buildId:"${this.build}"`)
      // The page's revision in the service worker's list.
      .replace(/"revision":"[^"]+","url":"\/"/, `"revision":"${this.build}","url":"/"`)
    outgoing.writeHead(answer.statusCode ?? 502, { ...headers, 'content-security-policy': this.allow(String(headers['content-security-policy'] ?? ''), before, after) })
    outgoing.end(after)
  }

  /** The policy names each script within the page by its hash. */
  private allow(policy: string, before: string, after: string): string {
    const scripts = (html: string): string[] => [...html.matchAll(inlineScript)].map(([, text = '']) => text)
    const changed = scripts(after)
    return scripts(before).reduce((so, text, index) => so.replace(hashOf(text), hashOf(changed[index] ?? '')), policy)
  }

  async close(): Promise<void> {
    this.server.close()
    this.breakConnections()
    await once(this.server, 'close')
  }
}
