import { createError, HoldfastException, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { drawBase32, type RandomBytes } from '~/shared/domain/ids'
import { createActions } from './actions'
import { calls, mutations, type CallName, type EventName, type SyncState } from './api'
import { createBlobDoor } from './blobs/blob-door'
import type { BlobFiles } from './blobs/blob-files'
import { createDeviceBlobs } from './blobs/device-blobs'
import { createDraftPushes } from './database/drafts'
import { checkpointWhenIdle } from './database/idle-checkpoint'
import { createLiveQueries } from './database/live-queries'
import { mutate } from './database/mutations/all'
import type { MutationName } from './database/mutations/mutation'
import { checkReplica, isDamage, openReplica } from './database/open-replica'
import { createRoom } from './database/room'
import { restoreUnsent } from './database/salvage'
import type { ClosedFiles, OpenedStorage } from './database/storage'
import { createStorageState, type StorageEstimates } from './database/storage-state'
import { mirrorUnsent, readMirror } from './database/unsent-mirror'
import { parseInput, unexpected } from './rpc'
import { createDispatch } from './runs/dispatch'
import { createProgress } from './runs/progress'
import { createStops } from './runs/stop'
import { createDeviceNames } from './secrets/device-names'
import { createFirstMint } from './secrets/first-mint'
import { openIdentity } from './secrets/identity'
import type { OpenRouterKey } from './secrets/openrouter-key'
import { createServerDoor } from './secrets/server-door'
import type { SecretsDatabase } from './secrets/store'
import { createSyncClient } from './sync/client'
import type { OpenSocket, SyncClient } from './sync/ports'
import { createStanding } from './sync/standing'
import type { Schedule } from './tabs/channel-message'
import type { Office } from './tabs/election'
import type { Desk } from './tabs/leader-door'
import type { Emit } from './tabs/tab'

export interface LeaderOptions {
  secrets: SecretsDatabase
  openrouterKey: OpenRouterKey
  /** Bytes of attachments, shared with the other tabs' workers. */
  blobFiles: BlobFiles
  /** A first name for a profile that has none. */
  deviceName: string
  openStorage(name: string): Promise<OpenedStorage>
  closedFiles: ClosedFiles
  estimates: StorageEstimates | undefined
  openSocket: OpenSocket
  fetch: typeof fetch
  /** The server's origin; empty for our own. */
  origin: string
  now: () => number
  random: () => number
  randomBytes: RandomBytes
  schedule: Schedule
  emit: Emit
  /** The app's build, which tries again what an earlier one could not read. */
  build?: string
  /** Ends this term: the next one opens what the identity names by then. */
  resign(): void
}

export type Leader = Office & Desk & {
  /** An event that another tab, or this one, told every tab. */
  heard(name: EventName): void
}

/** The check of a file that was not closed properly waits for the first reads and writes. */
const checkAfter = 5_000

/** The database with everything that hangs on it, in the one worker that leads. */
export async function openLeader(options: LeaderOptions): Promise<Leader> {
  const { emit, now, schedule, fetch, origin } = options
  const identity = await openIdentity(options.secrets, options.randomBytes, options.deviceName)
  const door = createServerDoor({ identity, fetch, origin })
  const { db, storage, unchecked, salvaged } = await openReplica({
    identity, openStorage: options.openStorage, now, randomBytes: options.randomBytes, ...(options.build ? { build: options.build } : {}),
  })
  const { file } = identity.current()
  let closed = false
  let hasKey = (await options.openrouterKey.state()).masked !== null
  const endings: (() => void)[] = []
  const tokenListeners = new Set<() => void>()
  const isPaired = () => identity.current().token !== null && sync.state().state !== 'signed-out'

  if (storage.mode === 'memory') {
    restoreUnsent(db, await readMirror(options.secrets, file))
    endings.push(mirrorUnsent(db, options.secrets, file, schedule))
  }

  const storageState = createStorageState(storage, options.estimates, schedule, () => live.signal('storage'))
  const names = createDeviceNames(db, identity, door, () => live.signal('devices'))
  const live = createLiveQueries({
    db, storage: storageState.current, hasKey: () => hasKey, deviceName: names.name,
    sync(): SyncState {
      const { deviceId, deviceName, spaceId, tokenId, claimNeeded } = identity.current()
      const snapshot = sync.state()
      return { ...snapshot, state: standing.of(snapshot.state), deviceId, deviceName, spaceId, tokenId, claimNeeded }
    },
  }, schedule)

  const room = createRoom(emit)
  const standing = createStanding({ openSocket: options.openSocket, isBeingTakenIn: () => firstMint.isOpen(), changed: () => live.signal('sync') })

  const sync: SyncClient = createSyncClient({
    db, now, schedule, openSocket: standing.openSocket, randomBytes: options.randomBytes,
    fetch: (path, init) => fetch(`${origin}${path}`, init),
    identity: {
      token: () => identity.current().token,
      saveToken: (token, expiresAt) => void identity.save({ token, expiresAt }).catch(unexpected),
      async renewToken() {
        const renewed = await door.renew()
        return renewed.ok ? ok(undefined) : renewed
      },
      onChange(listener) {
        tokenListeners.add(listener)
        return () => void tokenListeners.delete(listener)
      },
    },
    events: {
      onState({ state }) {
        live.signal('sync')
        if (state === 'synced' && lastState !== 'synced') connected()
        lastState = state
      },
      onRunDelta: (delta) => progress.delta(delta),
      onRunEnd: (end) => progress.ended(end),
      onNotice(kind, message) {
        if (kind === 'restored-server') blobs.restored()
        emit('notice', { kind, message })
      },
      onSignedOut: () => live.signal('sync'),
      onStorageFull: room.none,
      onAcked: () => void dispatch.turn(),
    },
  })
  let lastState = ''

  const progress = createProgress({ db, sync, emit, schedule })
  const dispatch = createDispatch({
    db, door, isPaired, readKey: options.openrouterKey.read, onStarted: progress.attach, emit, schedule, random: options.random,
    filesAreUp: (pending) => blobs.filesAreUp(pending), heardOfServer: sync.heardOfServer,
  })
  const blobs = createDeviceBlobs({
    db, files: options.blobFiles, request: createBlobDoor({ identity, door, fetch, origin }), isPaired, estimates: options.estimates, emit,
    onSettled: () => void dispatch.turn(), schedule, random: options.random,
  })
  const stops = createStops({ db, door, isPaired })
  const drafts = createDraftPushes(db, schedule)
  const firstMint = createFirstMint({
    identity, door, schedule, random: options.random,
    onMinted: tokenChanged,
    onChange: () => live.signal('sync'),
  })

  async function setAside() {
    await identity.save({ damaged: true })
    if (!closed) options.resign()
  }

  async function wipeFiles() {
    const { file, formerFiles, doomedFiles } = identity.current()
    // What nobody knows any more goes too: it is of the person who asked.
    if (storage.mode === 'opfs') await options.closedFiles.keepOnly([file, ...formerFiles])
    await options.secrets.unsent.where('file').anyOf(doomedFiles).delete()
    await identity.save({ doomedFiles: [] })
  }

  function connected() {
    blobs.connected()
    dispatch.retryNow()
    void stops.tellAll()
    void names.read()
  }

  function tokenChanged() {
    for (const listener of tokenListeners) listener()
    live.signal('sync')
  }

  const actions = createActions({
    db, now, schedule, identity, door, sync, stops, progress, names, tokenChanged, emit,
    closedFiles: storage.mode === 'opfs' ? options.closedFiles : null,
    blobs, blobFiles: options.blobFiles, secrets: options.secrets, newMark: () => drawBase32(12, options.randomBytes),
    // After the answer is out, since the next term's tabs ask anew for what was not answered.
    resignSoon: () => void schedule(options.resign, 0),
    reconnect() {
      void firstMint.attempt()
      sync.reconnect()
      dispatch.retryNow()
    },
  })

  async function answer(name: CallName, request: unknown): Promise<unknown> {
    if (Object.hasOwn(mutations, name)) {
      const written = mutate(db, name as MutationName, request as never)
      if (name === 'send') room.found()
      if (name === 'send' || name === 'send-from-here') {
        sync.poke()
        void dispatch.turn()
      }
      if (name === 'send' || name === 'cancel-send') void stops.tellAll()
      return written
    }
    const action = Object.hasOwn(actions, name) ? actions[name as keyof typeof actions] : undefined
    if (!action) throw new HoldfastException(createError('invalid_request', `the leader does not answer ${name}`))
    return action(request as never)
  }

  async function call(name: CallName, request: unknown): Promise<Result<unknown>> {
    const parsed = parseInput(calls[name].request, request, `request of ${name}`)
    if (!parsed.ok) return parsed
    try {
      return ok(await answer(name, parsed.value))
    } catch (cause) {
      if (isDamage(cause)) void setAside()
      const error: HoldfastError = cause instanceof HoldfastException ? cause.error : unexpected(cause)
      if (error.code === 'storage_full') room.none()
      return err(error)
    }
  }

  sync.start()
  progress.start()
  blobs.start()
  void dispatch.turn()
  void firstMint.attempt()
  void storageState.read()
  if (unchecked) endings.push(schedule(() => void checkReplica(identity, db.driver).then((sound) => sound || closed || options.resign()), checkAfter))
  endings.push(checkpointWhenIdle(db, schedule))
  if (identity.current().doomedFiles.length > 0) void wipeFiles().catch(unexpected)
  if (storage.mode === 'memory') emit('notice', { kind: 'memory-only', message: 'This browser gives no lasting storage here: close the window and what was not synced is gone.' })
  if (salvaged) emit('notice', { kind: 'salvaged', message: `The database was damaged. A copy was kept, and ${salvaged.changes} unsent changes were carried into a new one.` })

  return {
    call,
    watch: live.watch,
    heard(name) {
      if (name !== 'secrets-changed') return
      void options.openrouterKey.state().then(({ masked }) => {
        hasKey = masked !== null
        live.signal('key')
        dispatch.keyChanged()
      })
    },
    async close() {
      closed = true
      door.close()
      firstMint.stop()
      dispatch.stop()
      blobs.stop()
      sync.stop()
      progress.stop()
      drafts.stop()
      live.stop()
      storageState.stop()
      for (const end of endings) end()
      try {
        db.close()
      } finally {
        storage.release()
      }
    },
  }
}

