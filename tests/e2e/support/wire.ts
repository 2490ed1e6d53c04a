import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * The network between one browser and the server, as a relay of bytes: it can be cut, which breaks every connection, or stalled, which
 * nobody is told of. The server on the other end may come and go.
 */
export class Wire {
  private state: 'whole' | 'cut' | 'stalled' = 'whole'
  private readonly pairs = new Set<[Socket, Socket]>()

  private constructor(private readonly server: Server, readonly port: number) {}

  static async to(target: number): Promise<Wire> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const wire = new Wire(server, address.port)
    server.on('connection', (near) => wire.relay(near, target))
    return wire
  }

  /** The app's address by way of this wire. */
  get url(): string {
    return `http://localhost:${this.port}`
  }

  get isWhole(): boolean {
    return this.state === 'whole'
  }

  private relay(near: Socket, target: number): void {
    if (this.state === 'cut') return void near.resetAndDestroy()
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    const pair: [Socket, Socket] = [near, far]
    this.pairs.add(pair)
    for (const [from, to] of [[near, far], [far, near]] as const) {
      // Whichever end breaks, the other does.
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.pairs.delete(pair)
        to.destroy()
      })
      from.pipe(to)
    }
    if (this.state === 'stalled') this.stallPair(pair)
  }

  private stallPair([near, far]: [Socket, Socket]): void {
    near.unpipe(far).pause()
    far.unpipe(near).pause()
  }

  /** Every connection breaks, and no other is made. */
  cut(): void {
    this.state = 'cut'
    for (const [near, far] of this.pairs) {
      near.destroy()
      far.destroy()
    }
  }

  /** Connections stay open, and nothing comes through. */
  stall(): void {
    this.state = 'stalled'
    for (const pair of this.pairs) this.stallPair(pair)
  }

  /** What was held back arrives now. */
  mend(): void {
    const stalled = this.state === 'stalled'
    this.state = 'whole'
    if (!stalled) return
    for (const [near, far] of this.pairs) {
      near.pipe(far)
      far.pipe(near)
    }
  }

  async close(): Promise<void> {
    this.cut()
    this.server.close()
    await once(this.server, 'close')
  }
}
