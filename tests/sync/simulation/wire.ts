import type { OpenSocket, SocketListener } from '~/workers/sync/ports'
import type { Random } from '../random'
import type { Scheduler } from './scheduler'

/** What the network does to frames and connections, as probabilities. */
export interface WireFaults { drop: number, duplicate: number, reorder: number, cut: number, late: number, maxDelay: number }
export const calm: WireFaults = { drop: 0, duplicate: 0, reorder: 0, cut: 0, late: 0, maxDelay: 5 }

export interface ServerEnd { receive(text: string): Promise<void>, end(): void }
type Accept = (wire: { send(text: string): void, close(code: number, reason: string): void }) => ServerEnd

interface Connection { open: boolean, server: ServerEnd | null, lastToServer: number, lastToClient: number }

const isAnswer = (text: string): boolean => Object.hasOwn(JSON.parse(text) as object, 'rq')

/** One device's network: sockets that lose, double, delay and swap frames, and that are cut with the server not knowing. */
export function createWire({ scheduler, random, accept, faults, isBlocked }: {
  scheduler: Scheduler, random: Random, accept: Accept, faults: () => WireFaults, isBlocked: () => boolean
}) {
  let online = true
  let dead = false
  let current: Connection | null = null
  let listener: SocketListener | null = null
  let retry: (() => void) | null = null

  const delay = () => 1 + random.below(faults().maxDelay)

  function connect(ms: number) {
    retry?.()
    retry = scheduler.schedule(() => {
      retry = null
      if (dead || !listener) return
      if (!online || isBlocked()) {
        listener.onClose(1006, '')
        return connect(1_000)
      }
      const connection: Connection = { open: true, server: null, lastToServer: 0, lastToClient: 0 }
      current = connection
      connection.server = accept({
        send: (text) => toClient(connection, text),
        close: (code, reason) => scheduler.schedule(() => connection === current && lose(connection, code, reason), delay()),
      })
      listener.onOpen()
    }, ms)
  }

  /** The connection is gone for the client; whether the server hears of it is another matter. */
  function lose(connection: Connection, code: number, reason: string, serverHears = true) {
    if (!connection.open) return
    connection.open = false
    if (current === connection) current = null
    if (serverHears) connection.server?.end()
    listener?.onClose(code, reason)
    if (![4401, 4403, 4409, 4426].includes(code)) connect(200 + random.below(2_000))
  }

  function deliver(connection: Connection, lastKey: 'lastToServer' | 'lastToClient', hand: () => void) {
    const { drop, duplicate, reorder, cut } = faults()
    if (random.chance(cut)) return lose(connection, 1006, '', random.chance(0.5))
    if (random.chance(drop)) return
    const at = scheduler.now() + delay()
    // Frames keep their order, unless the wire is told to swap them.
    connection[lastKey] = random.chance(reorder) ? at : Math.max(at, connection[lastKey])
    scheduler.schedule(hand, connection[lastKey] - scheduler.now())
    if (random.chance(duplicate)) scheduler.schedule(hand, connection[lastKey] - scheduler.now() + delay())
  }

  function toClient(connection: Connection, text: string) {
    if (!connection.open) return
    deliver(connection, 'lastToClient', () => {
      if (dead) return
      if (connection.open) listener?.onMessage(text)
      // An answer that outlives its connection, as over HTTP. Only requests of one's own are answered there: nothing comes unasked.
      else if (isAnswer(text) && random.chance(faults().late)) scheduler.schedule(() => !dead && current && listener?.onMessage(text), delay() * 50)
    })
  }

  const openSocket: OpenSocket = (to) => {
    listener = to
    connect(delay())
    return {
      send(text) {
        const connection = current
        if (!connection) return
        deliver(connection, 'lastToServer', () => {
          if (connection.server) void scheduler.track(connection.server.receive(text))
        })
      },
      reconnect() {
        if (current) lose(current, 1000, '')
        connect(delay())
      },
      close() {
        const connection = current
        listener = null
        retry?.()
        if (connection) lose(connection, 1000, '')
      },
    }
  }

  return {
    openSocket,
    isOnline: () => online,
    setOnline(value: boolean) {
      online = value
      if (!online && current) lose(current, 1006, '', random.chance(0.5))
    },
    /** The process is gone, from one instruction to the next; the server may not notice. */
    kill() {
      dead = true
      listener = null
      retry?.()
      if (current) lose(current, 1006, '', random.chance(0.5))
    },
    cutByServer() {
      if (current) lose(current, 1006, '')
    },
  }
}
