import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const presentOutput = fileURLToPath(new URL('../../../.output', import.meta.url))

/** A free loopback port. It stays ours in practice: the system hands out others first. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** The built app as a person runs it: its own process, data folder and port. */
export class App {
  private process: ChildProcess | null = null
  private output = presentOutput
  log = ''

  private constructor(readonly port: number, readonly folder: string, private readonly env: Record<string, string>) {}

  /** `http://localhost`, as a person types it: the provider's login returns there. */
  get url(): string {
    return `http://localhost:${this.port}`
  }

  static async start(env: Record<string, string> = {}, { port, output = presentOutput }: { port?: number, output?: string } = {}): Promise<App> {
    const app = new App(port ?? await freePort(), await mkdtemp(join(tmpdir(), 'holdfast-e2e-')), env)
    app.output = output
    await app.start()
    return app
  }

  /** Replaces the running build by another one, on the same data. */
  async deploy(output = presentOutput): Promise<void> {
    await this.stop()
    this.output = output
    await this.start()
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(this.output, 'server', 'index.mjs')], {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(this.port), NUXT_DATA_DIR: this.folder, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process = child
    child.stdout.on('data', (data: Buffer) => { this.log += data.toString() })
    child.stderr.on('data', (data: Buffer) => { this.log += data.toString() })
    while (!(await this.isHealthy())) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${this.log}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  private async isHealthy(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok
    } catch (error) {
      if (error instanceof TypeError) return false
      throw error
    }
  }

  /** Stops the server; `SIGKILL` is a crash. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.process
    this.process = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** The number of the running process. */
  pid(): number {
    const pid = this.process?.pid
    if (pid === undefined) throw new Error('the server is not running')
    return pid
  }

  /** Sends a signal that does not end the server. */
  signal(name: NodeJS.Signals): void {
    this.process?.kill(name)
  }

  /** Takes away everything the stopped server kept: its next start is that of a new one. */
  async clear(): Promise<void> {
    this.log = ''
    await rm(this.folder, { recursive: true })
  }

  /** What a server that nobody owns yet printed at its start. */
  claimCode(): string {
    return /claim code (\S+)/.exec(this.log)?.[1] ?? ''
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}
