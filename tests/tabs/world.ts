import 'fake-indexeddb/auto'
import { webcrypto } from 'node:crypto'
import { createId } from '~/shared/domain/ids'
import type { DatabaseClient, EventName } from '~/workers/api'
import { createBlobCalls } from '~/workers/blobs/blob-calls'
import { createIndexedFiles } from '~/workers/blobs/indexed-files'
import { connectClient } from '~/workers/client'
import { openLeader, type Leader } from '~/workers/leader'
import type { Port } from '~/workers/rpc'
import { createLocalCalls } from '~/workers/secrets/local-calls'
import { createOpenRouterKey } from '~/workers/secrets/openrouter-key'
import { openSecretsDatabase } from '~/workers/secrets/store'
import type { TabChannel } from '~/workers/tabs/channel-message'
import { createTab } from '~/workers/tabs/tab'
import { createRandom } from '../sync/random'
import { createDisk } from './disk'
import { createGate, type Gate } from './gate'
import { createLocks } from './lock-manager'
import { createTime } from './time'

let worlds = 0

/** One browser profile whose tabs are real tab workers in this process: real ports, a real broadcast channel, real SQLite; no network. */
export function createWorld() {
  const name = `holdfast-${process.pid}-${++worlds}`
  const random = createRandom(worlds)
  const time = createTime()
  const locks = createLocks()
  const disk = createDisk()
  const tabs: TestTab[] = []
  const world = { currentBuild: 'one' }

  function gated(gate: Gate, manager: LockManager): LockManager {
    return {
      query: () => manager.query(),
      request: (lock: string, options: LockOptions, callback: LockGrantedCallback<unknown>) => new Promise((resolve, reject) => {
        manager.request(lock, options, (granted) => new Promise((done) => gate.pass(() => done(callback(granted)))))
          .then((value) => gate.pass(() => resolve(value)), (error) => gate.pass(() => reject(error)))
      }),
    } as unknown as LockManager
  }

  function openTab(build = 'one') {
    const id = `tab-${tabs.length + 1}`
    const gate = createGate()
    const { port1, port2 } = new MessageChannel()
    const broadcast = new BroadcastChannel(name)
    const mute = { answers: false }
    const channel: TabChannel = {
      postMessage: (message) => {
        if (!gate.isDead() && !mute.answers) broadcast.postMessage(message)
      },
      onmessage: null,
      close: () => broadcast.close(),
    }
    broadcast.onmessage = (event) => gate.pass(() => channel.onmessage?.(event as MessageEvent))
    const page: Port = {
      postMessage: (message) => void (gate.isDead() || mute.answers || port2.postMessage(message)),
      addEventListener: (_type, listener) => port2.addEventListener('message', (event) => gate.pass(() => listener(event))),
    }
    const secrets = openSecretsDatabase(name)
    const blobFiles = createIndexedFiles(`${name}-blobs`, time.now)
    const openrouterKey = createOpenRouterKey(secrets, webcrypto as Crypto, time.now)
    const schedule: typeof time.schedule = (run, ms) => time.schedule(() => gate.pass(run), ms)
    const offline = { fetch: () => Promise.reject(new TypeError('no network')), origin: '' }
    let leader: Leader | undefined
    const tab = createTab({
      id, page, channel, locks: gated(gate, locks.client(id)), lockName: name, schedule, now: time.now, random: random.next,
      prewarm: () => Promise.resolve(), isCurrentBuild: (asked) => Promise.resolve(asked === world.currentBuild),
      local: (emit) => ({ ...createLocalCalls(openrouterKey, emit, offline), ...createBlobCalls(blobFiles) }),
      onEvent: (event: EventName) => leader?.heard(event),
      open: async (emit) => (leader = await openLeader({
        ...offline, blobFiles, secrets, openrouterKey, emit, schedule, now: time.now, random: random.next, randomBytes: random.bytes,
        deviceName: 'Test', openStorage: (file) => disk.open(id, file), closedFiles: disk.closedFiles,
        estimates: undefined, openSocket: () => ({ send() {}, reconnect() {}, close() {} }), resign: () => tab.restart(),
      })),
    })
    const client: DatabaseClient = connectClient(port1, { build, terminate: () => {} })
    port1.start()
    port2.start()
    const test = {
      id, client, gate, mute,
      tell: (kind: 'rest' | 'wake') => port1.postMessage({ kind }),
      /** Ends the worker at once, as a crash does. */
      kill() {
        gate.die()
        disk.die(id)
        locks.die(id)
        broadcast.close()
        port1.close()
      },
    }
    tabs.push(test)
    return test
  }

  const newId = () => createId(time.now(), random.bytes)
  return {
    world, time, locks, disk, openTab, newId,
    leader: () => tabs.find((tab) => tab.client.role() === 'leader'),
    write: (name: string, value: string) => ({ mutation: newId(), at: time.now(), name, value }),
    /** How many entries of the outbox are on this row. */
    entriesOf: (key: string) => disk.driver()?.all('select n from outbox where k = ?', [key]).length ?? -1,
    close() {
      for (const tab of tabs) tab.kill()
    },
  }
}
export type TestTab = {
  id: string, client: DatabaseClient, gate: Gate, mute: { answers: boolean }, tell(kind: 'rest' | 'wake'): void, kill(): void
}
