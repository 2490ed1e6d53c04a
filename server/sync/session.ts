import { createError, HoldfastException, type HoldfastError } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { assertNever } from '~/shared/result'
import { clientMessageSchema, type ClientMessage } from '~/shared/protocol/client-message'
import { closeCode } from '~/shared/protocol/close-code'
import type { Hello } from '~/shared/protocol/hello'
import type { Push } from '~/shared/protocol/push'
import type { RunDelta, RunEnd } from '~/shared/protocol/run'
import type { ServerMessage } from '~/shared/protocol/server-message'
import { protocolVersion, schemaVersion } from '~/shared/protocol/version'
import type { Log } from '../log'
import { toStorageFailure } from '../sql/storage-failure'
import type { Flows } from '../tokens/flows'
import type { Identity, Tokens } from '../tokens/tokens'
import { createFrameQueue } from './frame-queue'
import type { Hub, Listener } from './hub'
import { createLiveFeed, type LiveFeed } from './live'
import { pageText } from './page-text'
import type { Sync } from './sync'

/** The streams that a session passes on: told the run and the last number the device has, it answers what ends the passing on. */
export interface RunFeed {
  attach(request: { space: string, run: string, after: number, send(message: RunDelta | RunEnd): void, buffered(): number }): () => void
}

export interface SessionDeps { sync: Sync, hub: Hub, tokens: Tokens, flows: Flows, runs?: RunFeed, log: Log, now(): number }

/** The wire of one socket, and who is at its other end. `buffered` is what waits to be sent, in bytes. */
export interface SessionWire {
  identity: Pick<Identity, 'spaceId' | 'deviceId' | 'tokenId'> & { expiresAt?: number }
  send(text: string): void
  close(code: number, reason: string): void
  buffered(): number
}

export interface SyncSession {
  /** Takes a frame; resolves when it has been answered. Frames are answered in the order they came. */
  receive(text: string): Promise<void>
  /** The socket is gone. */
  end(): void
}

const helloWithin = 5_000
/** While more than this waits to be sent, no further frame is worked on: answers are bounded by what the client reads. */
const busyAbove = 1024 * 1024
const attachedRuns = 200

/**
 * A device's conversation with the server, without a socket library: sync.md §4. Connect and reconnect are the same path. Fails with
 * `token_revoked` if the token was revoked meanwhile.
 */
export function createSyncSession(deps: SessionDeps, wire: SessionWire, { helloWithinMs = helloWithin } = {}): SyncSession {
  const { sync, hub, tokens, flows, now } = deps
  const { identity } = wire
  const { spaceId, deviceId, tokenId } = identity
  const runs = new Map<string, () => void>()
  let expiresAt = identity.expiresAt ?? Number.POSITIVE_INFINITY
  let feed: LiveFeed | null = null
  let announcedHead = 0
  let ended = false
  let toldExpiring = false

  const flow = flows.open({ tokenId, expiresAt }, (why) => close(why === 'token_revoked' ? closeCode.revoked : closeCode.unauthorized, why))
  const queue = createFrameQueue(handle)
  const helloTimer = setTimeout(() => close(closeCode.noHello, 'invalid_request'), helloWithinMs)
  helloTimer.unref()

  const listener: Listener = {
    spaceId, deviceId, tokenId, close,
    deliver(live) {
      announcedHead = live.to
      feed?.deliver(live)
    },
    sweep(at) {
      if (feed?.isStuck(at)) close(closeCode.tooFast, 'rate_limited')
      else tellExpiring(at)
    },
  }

  function send(message: ServerMessage): void {
    if (!ended) wire.send(JSON.stringify(message))
  }

  function end(): void {
    if (ended) return
    ended = true
    flow.close()
    clearTimeout(helloTimer)
    queue.clear()
    hub.remove(listener)
    for (const detach of runs.values()) detach()
    runs.clear()
  }

  function close(code: number, reason: string): void {
    if (ended) return
    end()
    wire.close(code, reason)
  }

  const refuse = ({ code, message, retryable, details }: HoldfastError, rq?: number) =>
    send({ type: 'error', code, message, retryable, ...(typeof details?.retryAfter === 'number' ? { retryAfter: details.retryAfter } : {}), ...(rq === undefined ? {} : { rq }) })

  function tellExpiring(at: number): void {
    if (toldExpiring || at < tokens.renewFrom(expiresAt)) return
    toldExpiring = true
    send({ type: 'token-expiring', at: expiresAt })
  }

  async function handle(text: string): Promise<void> {
    await drained()
    if (ended) return
    const parsed = parseFrame(text)
    if (!parsed.ok) return refuse(parsed.error, parsed.rq)
    const message = parsed.message
    const rq = 'rq' in message ? message.rq : undefined
    try {
      if (message.type === 'hello') await greet(message)
      else if (feed) await answer(message, feed, text)
      else refuse(createError('invalid_request', 'say hello first'), rq)
    } catch (error) {
      if (ended) return
      if (error instanceof HoldfastException && error.error.code === 'token_revoked') return close(closeCode.revoked, 'token_revoked')
      const expected = error instanceof HoldfastException ? error : toStorageFailure(error)
      if (expected !== error) deps.log.error({ err: error, space: spaceId, device: deviceId }, 'a frame failed')
      refuse(expected?.error ?? createError('internal', 'something went wrong on the server'), rq)
    }
  }

  async function drained(): Promise<void> {
    while (!ended && wire.buffered() > busyAbove) {
      await new Promise((resolve) => setTimeout(resolve, 20).unref())
    }
  }

  async function greet(hello: Hello): Promise<void> {
    if (feed) return refuse(createError('invalid_request', 'hello was said before'))
    if (hello.v !== protocolVersion || hello.schema < schemaVersion) return close(closeCode.upgrade, 'upgrade_required')
    if (hello.device !== deviceId || (hello.space !== null && hello.space !== spaceId)) return close(closeCode.unauthorized, 'unauthorized')
    clearTimeout(helloTimer)
    for (const other of [...hub.listeners(spaceId)]) if (other.deviceId === deviceId) other.close(closeCode.replaced, 'conflict')
    // Listening begins before the head is read, or what is stored in between would go unnoticed.
    hub.add(listener)
    const { epoch, head, floor, upto, uptoClock, now: serverNow } = await sync.status(spaceId, deviceId)
    if (ended) return
    feed = createLiveFeed({ send: (text) => wire.send(text), buffered: () => wire.buffered() }, hello.cursor, Math.max(head, announcedHead))
    const { pushChanges, pushBytes, changeBytes, pageChanges } = limits
    send({ type: 'welcome', epoch, space: spaceId, head, floor, upto, uptoClock, now: serverNow, limits: { pushChanges, pushBytes, changeBytes, pageChanges } })
    tellExpiring(now())
  }

  async function answer(message: Exclude<ClientMessage, Hello>, live: LiveFeed, text: string): Promise<void> {
    switch (message.type) {
      case 'push': return push(message, live, text)
      case 'pull': {
        live.pulling()
        const outcome = await sync.pull(spaceId, deviceId, message.cursor, Math.min(message.limit, limits.pageChanges))
        if (ended) return
        if (outcome.kind === 'reset') return send({ type: 'reset', rq: message.rq, seq: outcome.seq, schema: outcome.schema })
        wire.send(pageText({ type: 'page', rq: message.rq }, outcome))
        if (!outcome.more) live.caughtUp(outcome.to)
        return
      }
      case 'attach': {
        runs.get(message.run)?.()
        runs.delete(message.run)
        if (runs.size >= attachedRuns) return refuse(createError('rate_limited', 'this device follows too many runs'))
        const detach = deps.runs?.attach({ space: spaceId, run: message.run, after: message.after, send, buffered: () => wire.buffered() })
        if (detach) runs.set(message.run, detach)
        return
      }
      case 'detach':
        runs.get(message.run)?.()
        runs.delete(message.run)
        return
      case 'renew': {
        const renewed = await tokens.renew({ tokenId })
        expiresAt = renewed.expiresAt
        flow.renewed(expiresAt)
        toldExpiring = false
        return send({ type: 'token-renewed', ...renewed })
      }
      case 'ping': {
        live.at(message.cursor)
        await tokens.seen(tokenId)
        const { head, now: serverNow } = await sync.status(spaceId, deviceId)
        return send({ type: 'pong', t: message.t, now: serverNow, head })
      }
      default: return assertNever(message)
    }
  }

  async function push({ rq, changes }: Push, live: LiveFeed, text: string): Promise<void> {
    if (changes.length > 1 && Buffer.byteLength(text) > limits.pushBytes + envelopeBytes) {
      return refuse(createError('payload_too_large', `a push of several changes takes at most ${limits.pushBytes} bytes`), rq)
    }
    const { outcome, logged } = await sync.push(spaceId, deviceId, changes, () => !ended && !flows.isRevoked(tokenId))
    if (outcome.kind === 'gap') send({ type: 'push-gap', rq, upto: outcome.upto })
    else if (outcome.kind === 'skew') send({ type: 'clock-skew', rq, upto: outcome.upto, now: outcome.now })
    else {
      const { upto, from, to, rejected } = outcome
      send({ type: 'push-ack', rq, upto, from, to, ...(rejected.length > 0 ? { rejected } : {}) })
      live.acked(from, to)
      sync.announce(spaceId, logged, deviceId)
    }
  }

  return {
    receive(text) {
      if (ended) return Promise.resolve()
      const handled = queue.add(text)
      if (!handled) close(closeCode.tooFast, 'rate_limited')
      return handled ?? Promise.resolve()
    },
    end,
  }
}

/** What a push may take beside its changes. */
const envelopeBytes = 1_024

type ParsedFrame = { ok: true, message: ClientMessage } | { ok: false, error: HoldfastError, rq?: number }

function parseFrame(text: string): ParsedFrame {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, error: createError('invalid_request', `the frame is not JSON: ${error instanceof Error ? error.name : 'unreadable'}`) }
  }
  const parsed = clientMessageSchema.safeParse(value)
  if (parsed.success) return { ok: true, message: parsed.data }
  const rq = value !== null && typeof value === 'object' && 'rq' in value && typeof value.rq === 'number' ? { rq: value.rq } : {}
  return { ok: false, error: createError('invalid_request', 'the frame is not a message of this protocol'), ...rq }
}
