import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { App } from '../e2e/support/app'

/** What is shorter, in ms, is the machine's own noise: ten times of it, a tenth of a second, is a delay that nobody feels. */
const leastDelay = 10

/** The started server as a stranger meets it: from outside, over the network, with what the system says of its process beside. */
export class Target {
  private constructor(readonly app: App) {}

  /** The built server on a port and a data folder of its own. `env` beside what every start has; `descriptors` is how many it may open. */
  static async start(env: Record<string, string> = {}, { descriptors }: { descriptors?: number } = {}): Promise<Target> {
    const target = new Target(await App.start({ NUXT_LOG_LEVEL: 'warn', ...env }))
    if (descriptors) execFileSync('prlimit', [`--nofile=${descriptors}:${descriptors}`, '--pid', String(target.app.pid())])
    return target
  }

  get url(): string {
    return `http://127.0.0.1:${this.app.port}`
  }

  /** Bytes of memory that the process has to itself now. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.app.pid()}/status`, 'utf8')
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
  }

  /** Open descriptors of the process. */
  async descriptors(): Promise<number> {
    return (await readdir(`/proc/${this.app.pid()}/fd`)).length
  }

  /** A raw connection, for what no client library would send. Errors end it, they are not thrown. */
  async connect(): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: this.app.port })
    socket.on('error', () => socket.destroy())
    await once(socket, 'connect')
    return socket
  }

  /** How long `/healthz` takes, in ms, asked `count` times one after another: the event loop's delay as a neighbour feels it, 99th percentile. */
  async delay(count = 200): Promise<number> {
    return (await this.delayDuring(() => Promise.resolve(), count)).delay
  }

  /** How many times longer a neighbour waits while something goes on than before and after it; and what came of it. */
  async slowdown<Result>(work: () => Promise<Result>): Promise<{ result: Result, times: number }> {
    const before = await this.delay()
    const { result, delay } = await this.delayDuring(work)
    return { result, times: delay / Math.max(before, await this.delay(), leastDelay) }
  }

  private async delayDuring<Result>(work: () => Promise<Result>, least = 200): Promise<{ result: Result, delay: number }> {
    const neighbour = new Worker(new URL('neighbour.mjs', import.meta.url), { workerData: { url: this.url, least } })
    try {
      await once(neighbour, 'message')
      const measured = once(neighbour, 'message') as Promise<[number[]]>
      const [result, [took]] = await Promise.all([work().finally(() => neighbour.postMessage('stop')), measured])
      return { result, delay: took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]! }
    } finally {
      await neighbour.terminate()
    }
  }

  /** Ends the server and takes its folder away. */
  remove(): Promise<void> {
    return this.app.remove()
  }
}

/** All that a connection sends until it ends, as text. */
export async function readToEnd(socket: Socket): Promise<string> {
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  await once(socket, 'close')
  return Buffer.concat(pieces).toString('latin1')
}
