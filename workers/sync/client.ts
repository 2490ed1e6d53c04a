import { createError, isUnreachable, type HoldfastError } from '~/shared/errors'
import type { ClientMessage } from '~/shared/protocol/client-message'
import { closeCode } from '~/shared/protocol/close-code'
import { serverMessageSchema, type ServerMessage } from '~/shared/protocol/server-message'
import { assertNever } from '~/shared/result'
import { readMeta, writeMeta } from '~/workers/database/meta'
import { countOutbox } from '~/workers/database/outbox'
import { unlessFull } from '~/workers/database/storage-full'
import { createHttpFallback } from './http-fallback'
import { checkReplica } from './check-replica'
import { createHttpExchanges, isExchange, toErrorMessage } from './http-exchange'
import type { SyncClient, SyncClientOptions, SyncSnapshot, SyncSocket } from './ports'
import { createPushSize } from './push-size'
import { createRunAttachments } from './run-attachments'
import { createRunStreams } from './run-streams'
import { createSession, type ExchangeMessage, type Session, type SessionDeps } from './session'
import { createSnapshotLoader } from './snapshot'

const pingMs = 20_000
/** Larger frames than this go by HTTP: the server takes no socket frame above 1 MiB. */
const socketFrameLength = 900_000
/** How long a socket that another one replaced waits before it comes back. */
const replacedMs = 10_000
const renewRetryMs = 15_000
/** Work that takes longer than this lets other work run. */
const yieldMs = 200

/** The device's side of sync.md §3 to §5: one session at a time, over a socket or, where sockets are blocked, over HTTP. */
export function createSyncClient(options: SyncClientOptions): SyncClient {
  const { db, identity, schedule, events = {}, faults = {} } = options
  const http = { fetch: options.fetch, token: () => identity.token() }
  let socket: SyncSocket | null = null
  let session: Session | null = null
  let overHttp = false
  let stopped = true
  let everConnected = false
  let failure: HoldfastError | null = null
  /** The server takes nothing: it is full, or its database is damaged. What is here waits. */
  let serverFailure: HoldfastError | null = null
  let signedOut = false
  let request = 0
  let worked = 0
  let unlisten: (() => void)[] = []
  let lastState = ''
  let comparing = false
  const exchanges = createHttpExchanges(http)

  const send = (message: ClientMessage) => {
    const text = JSON.stringify(message)
    if (text.length > socketFrameLength && isExchange(message)) void sendByHttp(message)
    else socket?.send(text)
  }

  async function sendByHttp(message: Parameters<typeof exchanges.exchange>[0]) {
    const from = session
    const answered = await exchanges.exchange(message)
    if (from !== session || !from) return
    if (answered.ok) return exchanged(from, answered.value)
    const error = isUnreachable(answered.error) ? createError('request_timeout', answered.error.message) : answered.error
    exchanged(from, toErrorMessage(message.rq, error))
  }

  /** Writing what came may find no room. */
  function written(to: Session, work: () => void) {
    if (unlessFull(work)) return
    to.stall()
    events.onStorageFull?.()
  }
  const exchanged = (to: Session, message: ExchangeMessage) => written(to, () => {
    hear(message)
    to.receive(message)
  })

  function hear(message: ExchangeMessage) {
    if (message.type === 'error') heardOfServer(createError(message.code, message.message))
    else if (message.type === 'push-ack') heardOfServer(null)
  }

  /** Other refusals say nothing of the server. */
  function heardOfServer(error: HoldfastError | null) {
    if (error !== null && error.code !== 'storage_full' && error.code !== 'database_damaged') return
    serverFailure = error
    publish()
  }

  const snapshots = createSnapshotLoader({ db, http, pause, progress: publish })
  const streams = createRunStreams({ http, schedule, receive: (message) => runs.receive(message), broken: (run) => runs.attachAgain(run) })
  const runs = createRunAttachments({
    send(message) {
      if (overHttp) streams.send(message)
      else if (session?.isReady()) send(message)
    },
    events,
  })
  const fallback = createHttpFallback({
    http, schedule,
    open: (post) => {
      overHttp = true
      everConnected = true
      failure = null
      session = createSession({ ...sessionDeps, send: post, dead: () => fallback.pause() })
      runs.attachAll()
      return session
    },
    receive: exchanged,
    refused: (error) => onRefused(error),
    closed: () => {
      overHttp = false
      streams.end()
      endSession()
    },
  })

  const sessionDeps: SessionDeps = {
    db, now: options.now, schedule, faults, send, pause, pushSize: createPushSize(),
    nextRequest: () => ++request,
    takeImage: (seq, merge) => snapshots.take(seq, merge),
    notice: (kind, message) => events.onNotice?.(kind, message),
    changed: onChanged,
    acked: () => events.onAcked?.(),
    dead: () => socket?.reconnect(),
    outdated: () => onOutdated(),
    storageFull: () => events.onStorageFull?.(),
  }

  async function pause() {
    if (options.now() - worked < yieldMs) return
    await new Promise<void>((resolve) => schedule(resolve, 0))
    worked = options.now()
  }

  function connect() {
    if (stopped || signedOut || socket) return
    if (identity.token() === null) return publish()
    socket = options.openSocket({ onOpen, onMessage, onClose }, () => identity.token())
    fallback.socketFails()
    publish()
  }

  function disconnect() {
    fallback.stop()
    endSession()
    socket?.close()
    socket = null
  }

  function endSession() {
    exchanges.abandon()
    session?.end()
    session = null
    publish()
  }

  function onOpen() {
    fallback.stop()
    session?.end()
    const opened = createSession(sessionDeps)
    session = opened
    // A send may end the session at once.
    opened.hello()
    ping(opened)
  }

  function ping(of: Session) {
    schedule(() => {
      if (session !== of || overHttp) return
      if (of.isReady()) send({ type: 'ping', t: options.now(), cursor: of.cursor() })
      ping(of)
    }, pingMs)
  }

  function onMessage(text: string) {
    const message = parseMessage(text)
    const to = session
    if (message && to && !overHttp) written(to, () => receive(message, to))
  }

  function receive(message: ServerMessage, to: Session) {
    switch (message.type) {
      case 'welcome':
        everConnected = true
        failure = null
        // It greets from its database; whether it is full, only a push tells.
        if (serverFailure?.code === 'database_damaged') serverFailure = null
        to.welcome(message)
        return runs.attachAll()
      case 'run-delta':
      case 'run-end':
        return runs.receive(message)
      case 'token-expiring':
        return send({ type: 'renew' })
      case 'token-renewed':
        return identity.saveToken(message.token, message.expiresAt)
      case 'page': case 'reset': case 'push-ack': case 'clock-skew': case 'push-gap': case 'changes': case 'poke': case 'pong': case 'error':
        hear(message)
        return to.receive(message)
      default:
        return assertNever(message)
    }
  }

  function onClose(code: number, reason: string) {
    if (!overHttp) {
      endSession()
      fallback.socketFails()
    }
    if (code === closeCode.failed && reason === 'database_damaged') heardOfServer(createError('database_damaged', 'the server\'s database is damaged'))
    else if (code === closeCode.unauthorized && reason === 'token_expired') void renew()
    else if (code === closeCode.unauthorized) onSignedOut(createError('unauthorized', 'the server does not know this device any more'))
    else if (code === closeCode.revoked) onSignedOut(createError('token_revoked', 'this device was signed out'))
    else if (code === closeCode.upgrade) onOutdated()
    else if (code === closeCode.replaced) schedule(() => !stopped && (options.isLeader?.() ?? true) && socket?.reconnect(), replacedMs)
  }

  async function renew() {
    const renewed = await identity.renewToken()
    if (stopped || signedOut) return
    if (renewed.ok) socket?.reconnect()
    else if (renewed.error.retryable) schedule(() => void renew(), renewRetryMs)
    else onSignedOut(renewed.error)
  }

  /** An answer over HTTP that says the token is no good. */
  function onRefused(error: HoldfastError) {
    heardOfServer(error)
    if (error.code === 'token_expired') void renew()
    else if (error.code === 'unauthorized' || error.code === 'token_revoked') onSignedOut(error)
    else if (error.code === 'upgrade_required') onOutdated()
  }

  function onSignedOut(error: HoldfastError) {
    if (signedOut) return
    signedOut = true
    failure = error
    disconnect()
    publish()
    events.onSignedOut?.(error)
  }

  function onOutdated() {
    failure = createError('upgrade_required', 'the server is newer than this app; reload to update')
    disconnect()
    stopped = true
    publish()
    events.onNotice?.('reload-to-update', failure.message)
  }

  function snapshot(): SyncSnapshot {
    const size = countOutbox(db.driver)
    const progress = snapshots.progress() ?? session?.progress() ?? null
    return { state: stateNow(size.outgoing), error: failure ?? serverFailure, ...size, progress }
  }

  function stateNow(outgoing: number): SyncSnapshot['state'] {
    if (signedOut) return 'signed-out'
    if (identity.token() === null) return 'local-only'
    if (!session?.isReady()) return everConnected || stopped ? 'offline' : 'starting'
    return outgoing === 0 && session.isCaughtUp() ? 'synced' : 'syncing'
  }

  /** Rows in doubt are compared with the server's once nothing is on its way. */
  function onChanged() {
    publish()
    const doubt = readMeta(db.driver, 'doubt')
    if (doubt === null || comparing || stateNow(countOutbox(db.driver).outgoing) !== 'synced') return
    comparing = true
    void check().then((checked) => {
      comparing = false
      if (checked.ok && !stopped && readMeta(db.driver, 'doubt') === doubt) db.driver.transaction(() => writeMeta(db.driver, { doubt: null }))
    })
  }

  async function check({ returnAside = false } = {}) {
    const notice = (message: string) => events.onNotice?.('healed', message)
    const checked = await checkReplica({ db, http, pause, take: (seq) => snapshots.take(seq, false), notice, returnAside })
    // An image may stand behind what had been read.
    if (checked.ok && checked.value.healed) session?.poll()
    return checked
  }

  function publish() {
    if (!events.onState) return
    const state = snapshot()
    const text = JSON.stringify(state)
    if (text === lastState) return
    lastState = text
    events.onState(state)
  }

  return {
    start() {
      stopped = false
      unlisten = [
        db.onCommit((touched) => {
          if (!touched.local?.includes('outbox') && !touched.local?.includes('rejected')) return
          session?.localChange()
          publish()
        }),
        identity.onChange(() => {
          signedOut = false
          failure = null
          disconnect()
          connect()
        }),
      ]
      connect()
    },
    stop() {
      stopped = true
      unlisten.forEach((off) => off())
      disconnect()
    },
    poke: () => session?.pump(),
    reconnect() {
      if (socket) socket.reconnect()
      else connect()
    },
    heardOfServer,
    attachRun: runs.attach,
    detachRun: runs.detach,
    state: snapshot,
    check,
  }
}

function parseMessage(text: string): ServerMessage | null {
  try {
    return serverMessageSchema.parse(JSON.parse(text))
  } catch {
    // A frame this build does not understand is as if it had not come; pages and acks are asked for again.
    return null
  }
}
