/// <reference lib="webworker" />
import { createBlobCalls } from './blobs/blob-calls'
import { openBlobFiles } from './blobs/open-files'
import { createTab } from './tabs/tab'
import { closedFiles, hasFileHandles, openStorage } from './database/storage'
import { loadSqlite } from './database/driver-wasm'
import { openLeader, type Leader } from './leader'
import { isCurrentBuild } from './tabs/build'
import { scheduleByTimer } from './tabs/schedule'
import { describeDevice } from './secrets/identity'
import { createLocalCalls } from './secrets/local-calls'
import { createOpenRouterKey } from './secrets/openrouter-key'
import { openSecretsDatabase } from './secrets/store'
import { openSyncSocket } from './sync/socket'

const secrets = openSecretsDatabase()
const blobFiles = openBlobFiles(navigator.storage, Date.now)
const openrouterKey = createOpenRouterKey(secrets, crypto, Date.now)
const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const fromHere = { fetch: fetch.bind(globalThis), origin: '' }
const time = { now: Date.now, random: Math.random, schedule: scheduleByTimer }
let leader: Leader | undefined

const tab = createTab({
  ...time,
  id: crypto.randomUUID(), page: self as unknown as DedicatedWorkerGlobalScope, channel: new BroadcastChannel('holdfast'),
  locks: navigator.locks, lockName: 'holdfast', prewarm: () => Promise.all([loadSqlite(), hasFileHandles()]), isCurrentBuild,
  local: (emit) => ({ ...createLocalCalls(openrouterKey, emit, fromHere), ...createBlobCalls(blobFiles) }),
  onEvent: (name) => leader?.heard(name),
  open: async (emit, build) => (leader = await openLeader({
    ...time, ...fromHere, emit, build, blobFiles, secrets, openrouterKey, randomBytes, openStorage, closedFiles, estimates: navigator.storage,
    deviceName: describeDevice(navigator.userAgent), openSocket: openSyncSocket(`${location.origin.replace(/^http/, 'ws')}/sync`), resign: () => tab.restart(),
  })),
})
