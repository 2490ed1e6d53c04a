import type { DeviceId } from '~/shared/domain/ids'
import { ok } from '~/shared/result'
import type { SqlDriver } from '~/workers/database/driver'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { writeLocal, type LocalChange } from '~/workers/database/local-write'
import { openDatabase, type LocalDatabase } from '~/workers/database/open'
import { createSyncClient } from '~/workers/sync/client'
import type { NoticeKind, SyncClient, SyncEvents, SyncFaults, SyncIdentity, SyncSnapshot } from '~/workers/sync/ports'
import type { Random } from '../random'
import type { Scheduler } from './scheduler'
import { calm, createWire, type ServerEnd, type WireFaults } from './wire'

export interface DeviceOptions {
  id: DeviceId
  token: string
  url: string
  scheduler: Scheduler
  random: Random
  accept(device: DeviceId, wire: { send(text: string): void, close(code: number, reason: string): void }): ServerEnd
  wireFaults?: () => WireFaults
  faults?: SyncFaults
  events?: SyncEvents
  identity?: SyncIdentity
  /** How often a commit's file is kept, to go back to. */
  keepFiles?: number
  /** Answers in the server's place, or null: for answers that are cut off or refused on the way. A failure is a broken connection. */
  meddle?: (path: string, init?: RequestInit) => Response | null
  /** Sockets never open: a proxy is in the way. */
  blocksSockets?: () => boolean
}

/** Copies of a file as it stood after some commits; a power cut may bring any of them back. */
const filesKept = 4

/** One device: a real database in memory and the real client, over a bad network, with a wrong clock. */
export async function createDevice(options: DeviceOptions) {
  const { id, scheduler, random } = options
  let driver: SqlDriver
  let db: LocalDatabase
  let client: SyncClient
  const newWire = () => createWire({
    scheduler, random, accept: (end) => options.accept(id, end), faults: options.wireFaults ?? (() => calm), isBlocked: options.blocksSockets ?? (() => false),
  })
  let wire = newWire()
  let alive = 0
  let skew = 0
  let files: Uint8Array[] = []
  let rollbacks = 0
  const notices: NoticeKind[] = []
  const states: SyncSnapshot[] = []
  const now = () => scheduler.now() + skew

  function watchCommits(inner: SqlDriver): SqlDriver {
    let depth = 0
    return {
      ...inner,
      transaction(work, transactionOptions) {
        depth++
        const result = (() => {
          try {
            return inner.transaction(work, transactionOptions)
          } finally {
            depth--
          }
        })()
        if (depth === 0 && random.chance(options.keepFiles ?? 0)) files = [...files, inner.export()].slice(-filesKept)
        return result
      },
    }
  }

  function boot() {
    const life = ++alive
    db = openDatabase(watchCommits(driver), { deviceId: id, now, randomBytes: random.bytes })
    client = createSyncClient({
      db, now, faults: options.faults ?? {},
      identity: options.identity ?? { token: () => options.token, saveToken: () => {}, renewToken: async () => ok(undefined), onChange: () => () => {} },
      openSocket: wire.openSocket,
      async fetch(path, init) {
        if (!wire.isOnline()) throw new Error('offline')
        return options.meddle?.(path, init) ?? scheduler.track(fetchWhole(options.url + path, init))
      },
      schedule: (work, ms) => scheduler.schedule(() => life === alive && work(), ms),
      events: { onNotice: (kind) => void notices.push(kind), onState: (state) => void states.push(state), ...options.events },
    })
    client.start()
  }

  function kill() {
    alive++
    wire.kill()
    wire = newWire()
  }

  driver = await createMemoryDriver()
  boot()

  return {
    id,
    get db() { return db },
    get client() { return client },
    get wire() { return wire },
    notices,
    states,
    rollbacks: () => rollbacks,
    now,
    setSkew(ms: number) {
      skew = ms
    },
    skew: () => skew,
    write(changes: LocalChange[]) {
      const touched = db.driver.transaction(() => writeLocal(db, changes))
      db.committed(touched)
    },
    /** Ends the process between two instructions and starts it again on the same file. */
    restart() {
      kill()
      boot()
    },
    /** The file as it stands. */
    file: () => driver.export(),
    /** As `restart`, on a file as it was some commits ago. False if none was kept. */
    async rollBack(file = files.length > 0 ? random.pick(files) : undefined): Promise<boolean> {
      if (!file) return false
      kill()
      await endOfTurn()
      driver.close()
      driver = await createMemoryDriver(file)
      files = [file]
      rollbacks++
      boot()
      return true
    },
    async stop() {
      kill()
      await endOfTurn()
      driver.close()
    },
  }
}
export type Device = Awaited<ReturnType<typeof createDevice>>

/** A dead process runs nothing more; here its last promises are let run out before the file is taken away. */
const endOfTurn = () => new Promise((resolve) => setImmediate(resolve))

/** The whole answer at once: the simulation's clock stands still until it is there. */
async function fetchWhole(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  return new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers })
}
