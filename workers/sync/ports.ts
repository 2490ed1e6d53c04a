import type { RandomBytes } from '~/shared/domain/ids'
import type { HoldfastError } from '~/shared/errors'
import type { RunDelta, RunEnd } from '~/shared/protocol/run'
import type { Result } from '~/shared/result'
import type { mergeChange } from '~/shared/sync/merge'
import type { mergeInto } from '~/workers/database/local-write'
import type { LocalDatabase } from '~/workers/database/open'
import type { CheckAnswer } from './check-replica'

/** A socket that reconnects by itself; `socket.ts` in the app, a wire with faults in tests. One of its connections is over before the next opens. */
export interface SyncSocket {
  send(text: string): void
  /** Gives up the present connection, if any, and connects anew. */
  reconnect(): void
  /** Ends it for good. */
  close(): void
}
export interface SocketListener {
  onOpen(): void
  onMessage(text: string): void
  onClose(code: number, reason: string): void
}
/** `token` is asked for at each connection. */
export type OpenSocket = (listener: SocketListener, token: () => string | null) => SyncSocket

/** The device's token; whoever implements this is the only one that mints, renews and stores. */
export interface SyncIdentity {
  /** Null while the device is not paired. */
  token(): string | null
  /** Stores a token that came over the socket; `expiresAt` in ms. */
  saveToken(token: string, expiresAt: number): void
  /** `POST /auth/spsk/renew` with the present token. Fails with `unauthorized` or `token_revoked` when it is over for good. */
  renewToken(): Promise<Result<void>>
  /** Called when the device was paired, unpaired or given another token from outside. */
  onChange(listener: () => void): () => void
}

/** Runs `work` once after `ms`; returns what cancels it. */
export type Schedule = (work: () => void, ms: number) => () => void

export type NoticeKind = 'restored-server' | 'rolled-back' | 'healed' | 'reload-to-update' | 'change-rejected'

export interface SyncSnapshot {
  /** `local-only`: not paired. `syncing`: connected, and something is on its way in or out. */
  state: 'starting' | 'local-only' | 'offline' | 'syncing' | 'synced' | 'signed-out'
  error: HoldfastError | null
  outgoing: number
  rejected: number
  /** 0 to 1 during a first sync. */
  progress: number | null
}

export interface SyncEvents {
  onState?(snapshot: SyncSnapshot): void
  onRunDelta?(delta: RunDelta): void
  onRunEnd?(end: RunEnd): void
  onNotice?(kind: NoticeKind, message: string): void
  /** The token is over for good. The rows stay, and nothing is sent. */
  onSignedOut?(error: HoldfastError): void
  /** What came could not be written for want of room; it is asked for again. */
  onStorageFull?(): void
  /** Something left the outbox: queued sends may go. */
  onAcked?(): void
}

/** Ways to break the engine on purpose, so that the property tests can show that they would notice. Absent in the app. */
export interface SyncFaults {
  acceptStaleAnswers?: boolean
  restampEverything?: boolean
  cursorOutsideTransaction?: boolean
  skipUptoClockCheck?: boolean
  merge?: typeof mergeChange
  mergeInto?: typeof mergeInto
}

export interface SyncClientOptions {
  db: LocalDatabase
  identity: SyncIdentity
  openSocket: OpenSocket
  /** To our own server: the path is relative to its origin. */
  fetch: (path: string, init?: RequestInit) => Promise<Response>
  /** Local wall clock in ms. */
  now: () => number
  randomBytes?: RandomBytes
  schedule: Schedule
  events?: SyncEvents
  /** Whether this worker still leads; a socket that was replaced stays closed if not. */
  isLeader?: () => boolean
  faults?: SyncFaults
}

export interface SyncClient {
  start(): void
  stop(): void
  /** Sends what is waiting now instead of after the usual pause. */
  poke(): void
  /** Drops the back-off and connects at once. */
  reconnect(): void
  /** What the server said to a run that it did not take, or null of one that it took: its disk, quota and database are the same for both. */
  heardOfServer(error: HoldfastError | null): void
  attachRun(run: string, after: number): void
  detachRun(run: string): void
  state(): SyncSnapshot
  /**
   * Compares the replica with the server; a difference is healed by an image. With `returnAside` an image is also taken for what this device
   * keeps aside, so that it comes back whole.
   */
  check(options?: { returnAside?: boolean }): Promise<Result<CheckAnswer>>
}
