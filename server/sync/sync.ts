import { fail, HoldfastException } from '~/shared/errors'
import { boundColumns } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import { checkChange, type Change, type ChangeEnvelope } from '~/shared/sync/change'
import { nextClock, type Clock } from '~/shared/sync/clock'
import type { TableName } from '~/shared/sync/tables'
import type { Log } from '../log'
import { createGroupCommit } from '../sql/group-commit'
import type { Database, Dialect, Trx } from '../sql/schema'
import { setAside, type UnreadableKey } from './aside'
import { readAsidePage } from './aside-page'
import { createWallClock } from './clock-bound'
import { readEntityRows, type EntityRow } from './entity-rows'
import { readFingerprint, type Fingerprint, type LeftOut } from './fingerprint'
import type { Hub } from './hub'
import { pushChanges, type PushOutcome } from './push'
import { readPage, type PullOutcome } from './pull'
import { returnRows } from './return-rows'
import { createSpaceBytes } from './space-bytes'
import { readDevice, readSpace, storeChanges, writeDevice, type SpaceState, type StoredChange } from './space-writer'

/** What the server itself writes to a row: table, key, columns. */
export interface ServerChange { t: TableName, k: string, c: Record<string, JsonValue> }
/** `now` is the server's wall clock in ms. */
interface SyncStatus { epoch: string, head: number, floor: number, upto: number, uptoClock: Clock | null, now: number }

export interface Sync {
  /** Runs `work` as the only writer of the space. Use the given `trx` for every query in it: SQLite has one connection, and another query would wait for itself. */
  transaction<T>(spaceId: string, work: (trx: Trx, space: SpaceState) => Promise<T>): Promise<T>
  /** Stores what the server writes, as device `server`, inside the caller's transaction. Give the result to `announce` after the commit. */
  writeServerChanges(trx: Trx, spaceId: string, changes: readonly ServerChange[]): Promise<StoredChange[]>
  /** Tells the space's live sockets, but for the device that pushed them. */
  announce(spaceId: string, changes: readonly StoredChange[], except?: string): void
  /**
   * Takes a device's push, durable when it answers. Call `announce` with `logged` once the device has its answer.
   * `isLive` is asked inside the transaction: nothing is stored after a revoke (I9).
   */
  push(spaceId: string, device: string, changes: readonly ChangeEnvelope[], isLive?: () => boolean): Promise<{ outcome: PushOutcome, logged: StoredChange[] }>
  pull(spaceId: string, device: string, cursor: number, limit: number): Promise<PullOutcome>
  status(spaceId: string, device: string): Promise<SyncStatus>
  /** Sums over the space's rows, for comparing a replica, which may leave out keys of its own. Looks through every row first. */
  fingerprint(spaceId: string, without?: readonly LeftOut[]): Promise<Fingerprint>
  /** The space's merged rows in batches, those that cannot be read being set aside on the way. */
  rows(spaceId: string): AsyncGenerator<EntityRow[]>
  /** Sets keys aside that a reader found unreadable. */
  setAside(spaceId: string, keys: readonly UnreadableKey[]): Promise<void>
  /** Fails with `storage_full` where the space's rows have their quota. Inside the transaction that would write. */
  requireRoom(trx: Trx, spaceId: string): Promise<void>
  /** Used and allowed bytes of the space's rows where they come near their quota. */
  nearFull(spaceId: string): { used: number, quota: number } | null
  /** The space got smaller. */
  shrunk(spaceId: string): void
  /** What is kept aside, a page at a time. */
  aside(spaceId: string, after?: Parameters<typeof readAsidePage>[2]): ReturnType<typeof readAsidePage>
  /** Tries what is aside again, and tells the space's sockets what came back. Answers how much that is. */
  returnAside(spaceId: string): Promise<number>
}

interface SyncDeps {
  database: Database
  dialect: Dialect
  hub: Hub
  log: Log
  now(): number
  /** Bytes that the rows of one space may take. */
  spaceMaxBytes: number
}

export function createSync({ database, dialect, hub, log, now, spaceMaxBytes }: SyncDeps): Sync {
  const groupCommit = createGroupCommit(database)
  const wall = createWallClock(now)
  const bytes = createSpaceBytes({ dialect, quota: spaceMaxBytes, log })

  function transaction<T>(spaceId: string, work: (trx: Trx, space: SpaceState) => Promise<T>): Promise<T> {
    // SQLite has one writer, whatever the space; PostgreSQL one per space, by the lock on its row.
    return groupCommit(dialect === 'sqlite' ? '' : spaceId, async (trx) => {
      const space = await readSpace(trx, spaceId, dialect === 'postgres' ? 'locked' : undefined)
      if (!space) fail('not_found', 'there is no such space')
      try {
        return await work(trx, space)
      } finally {
        bytes.add(spaceId, space.added)
      }
    })
  }

  function announce(spaceId: string, changes: readonly StoredChange[], except?: string): void {
    if (changes.length > 0) hub.announce(spaceId, changes, except)
  }

  async function setKeysAside(spaceId: string, keys: readonly UnreadableKey[]): Promise<void> {
    if (keys.length === 0) return
    await transaction(spaceId, async (trx) => {
      for (const { table, pk, reason } of keys) await setAside(trx, { space: spaceId, table, pk }, { reason, at: now() })
    })
    log.warn({ space: spaceId, keys }, 'rows that cannot be read are kept aside')
  }

  const rows = (spaceId: string) => readEntityRows(database, spaceId, (keys) => setKeysAside(spaceId, keys))

  return {
    transaction,
    announce,
    async writeServerChanges(trx, spaceId, changes) {
      const space = await readSpace(trx, spaceId)
      if (!space) fail('not_found', 'there is no such space')
      const server = await readDevice(trx, spaceId, 'server')
      let clock = space.clock
      const stamped = changes.map((change): Change => {
        clock = nextClock(wall(), clock, 'server')
        const checked = checkChange({ n: ++server.upto, h: clock, ...change, c: boundColumns(change.c) }, 'server')
        if (!checked.ok) throw new Error(`the server wrote a change that cannot be taken: ${checked.error.message}`, { cause: new HoldfastException(checked.error) })
        return checked.value
      })
      const logged = await storeChanges(trx, space, 'server', stamped, now())
      bytes.add(spaceId, space.added)
      if (logged.length > 0) await writeDevice(trx, spaceId, 'server', { upto: server.upto, uptoClock: clock })
      return logged
    },
    push: (spaceId, device, changes, isLive = () => true) => transaction(spaceId, async (trx, space) => {
      if (!isLive()) fail('token_revoked', 'this device was signed out')
      return pushChanges(trx, space, device, changes, { wall: wall(), requireRoom: (makesRoom) => bytes.requireRoom(trx, spaceId, makesRoom) })
    }),
    async pull(spaceId, device, cursor, limit) {
      const outcome = await database.transaction().execute((trx) => readPage(trx, dialect, { spaceId, device, cursor, limit }))
      if (outcome.kind === 'page') await setKeysAside(spaceId, outcome.unreadable)
      return outcome
    },
    async fingerprint(spaceId, without = []) {
      // Sums are of hashes, which say nothing of whether their rows can still be read.
      for await (const _ of rows(spaceId)) continue
      return database.transaction().execute((trx) => readFingerprint(trx, spaceId, without))
    },
    rows,
    requireRoom: (trx, spaceId) => bytes.requireRoom(trx, spaceId),
    nearFull: bytes.nearFull,
    shrunk: bytes.forget,
    setAside: setKeysAside,
    aside: (spaceId, after) => database.transaction().execute((trx) => readAsidePage(trx, spaceId, after)),
    async returnAside(spaceId) {
      const { returned, logged } = await transaction(spaceId, (trx, space) => returnRows(trx, space, now()))
      announce(spaceId, logged)
      return returned
    },
    status: (spaceId, device) => database.transaction().execute(async (trx) => {
      const space = await readSpace(trx, spaceId)
      if (!space) fail('not_found', 'there is no such space')
      const { upto, uptoClock } = await readDevice(trx, spaceId, device)
      return { epoch: space.epoch, head: space.head, floor: space.floor, upto, uptoClock, now: wall() }
    }),
  }
}
