import { limits } from '~/shared/limits'
import type { Changes } from '~/shared/protocol/changes'
import type { ClientMessage } from '~/shared/protocol/client-message'
import type { ErrorMessage } from '~/shared/protocol/error'
import type { Pong } from '~/shared/protocol/ping'
import type { Page, Reset } from '~/shared/protocol/pull'
import type { ClockSkew, PushAck, PushGap } from '~/shared/protocol/push-ack'
import { protocolVersion, schemaVersion } from '~/shared/protocol/version'
import { spaceIdSchema } from '~/shared/domain/ids'
import { foldOutgoing } from '~/workers/database/bound-rows'
import { readMeta, readPosition, writeMeta } from '~/workers/database/meta'
import type { LocalDatabase, Touched } from '~/workers/database/open'
import { isStorageFull } from '~/workers/database/storage-full'
import { acknowledge, nextNumber, readChange, readOutbox } from '~/workers/database/outbox'
import { applyAck } from './apply-ack'
import { applyPage, toMark } from './apply-page'
import { guardClock } from './clock-guard'
import { believeUpto, comparePosition, isContiguous, settleOutbox, type ServerPosition } from './position'
import type { NoticeKind, Schedule, SyncFaults } from './ports'
import type { PushSize } from './push-size'
import { beginRestore, finishRestore, gatherResend } from './restore-server'

/** Local writes that come close together share a push. */
const coalesceMs = 20
/** A request unanswered for so long means that the connection is dead. */
const answerMs = 30_000
/** The slowest line that a server bears with brings so much a second: one change, which cannot be halved, is waited for as long. */
const slowestBytesPerMs = 1
/** Pause after a refusal that names none, and after a clock that is refused again and again. */
const refusedMs = 5_000

export interface SessionDeps {
  db: LocalDatabase
  now: () => number
  schedule: Schedule
  faults: SyncFaults
  send(message: ClientMessage): void
  pushSize: PushSize
  /** Numbers requests over all sessions, so that an answer to an earlier one is known as such. */
  nextRequest(): number
  /** Loads the image at `seq` in the place of the rows, or merges its rows into them while the server is being restored. */
  takeImage(seq: number, merge: boolean): Promise<boolean>
  notice(kind: NoticeKind, message: string): void
  /** Something about the state may have changed. */
  changed(): void
  acked(): void
  /** The connection is dead, though it does not say so. */
  dead(): void
  /** The server is newer than this build. */
  outdated(): void
  /** There was no room on this device for what is needed to go on. */
  storageFull(): void
  /** Lets other work run if this one has taken long. */
  pause(): Promise<void>
}

export type ExchangeMessage = (Page | Reset | PushAck | ClockSkew | PushGap | Changes | { type: 'poke', head: number } | Pong | ErrorMessage)
export type Session = ReturnType<typeof createSession>

/** What is exchanged over one connection, from its hello on: one push and one pull in flight, stale answers dropped (sync.md §4). */
export function createSession(deps: SessionDeps) {
  const { db, faults, schedule, pushSize } = deps
  let ready = false
  let ended = false
  /** An image or the return of rows is under way: nothing else is sent or applied. */
  let busy = false
  /** What is in flight; one that was `refused` stands until the server may be asked again. */
  let pushing: { rq: number, first: number, last: number, refused?: true } | null = null
  let pulling: { rq: number, settles: boolean, probe: { seq: number, mark: string } | null, refused?: true } | null = null
  let wantsPull = true
  /** The outbox is compared with the whole log before anything is pushed. */
  let settling = false
  let afterImage = false
  /** The change at the cursor is read again once per connection: if another one stands there, the server went back in time. */
  let probes = true
  let floor = 0
  let greeting: ServerPosition & { now?: number } = { epoch: null, head: 0, upto: 0, uptoClock: null }
  let helloAt = 0
  let firstTarget = 0
  let refusals = 0
  let untaken = 0
  /** Refused again and again: nothing is pushed for a while. */
  let resting = false
  let pushTimer: (() => void) | null = null
  const cancels = new Set<() => void>()

  const committed = (touched: Touched) => db.committed(touched)

  function later(work: () => void, ms: number): () => void {
    const cancel = schedule(() => {
      cancels.delete(cancel)
      if (!ended) work()
    }, ms)
    cancels.add(cancel)
    return () => {
      cancels.delete(cancel)
      cancel()
    }
  }

  function hello() {
    const { cursor, epoch } = readPosition(db.driver)
    const space = spaceIdSchema.safeParse(readMeta(db.driver, 'space'))
    helloAt = deps.now()
    deps.send({
      type: 'hello', v: protocolVersion, space: space.success ? space.data : null, device: db.deviceId, cursor, epoch,
      n: nextNumber(db.driver) - 1, schema: schemaVersion, t: helloAt,
    })
    later(() => !ready && deps.dead(), answerMs)
  }

  /** The server's first word. `epoch` is null over HTTP, where none is told. */
  function welcome(server: ServerPosition & { space?: string, floor: number, now?: number }) {
    if (ready || ended) return
    greeting = server
    floor = server.floor
    if (server.now !== undefined) measureOffset(server.now, helloAt)
    if (server.space) db.driver.transaction(() => writeMeta(db.driver, { space: server.space }))
    ready = true
    compare()
    const { cursor, epoch } = readPosition(db.driver)
    if (epoch === null && server.epoch !== null) db.driver.transaction(() => writeMeta(db.driver, { epoch: server.epoch }))
    if (cursor === 0 && epoch === null) firstTarget = server.head
    pump()
  }

  /**
   * The server read its clock somewhere within the round trip. What is believed moves no further than into that span: an answer that
   * stood still on its way, as over a sleep of the machine, says little.
   */
  function measureOffset(serverNow: number, sentAt: number) {
    const now = deps.now()
    const least = serverNow - now
    const most = serverNow - Math.min(sentAt, now)
    db.setOffset(Math.min(most, Math.max(least, db.offset())))
  }

  function compare() {
    if (faults.skipUptoClockCheck && greeting.upto >= readPosition(db.driver).acked) return void believeUpto(db, greeting.upto)
    const found = comparePosition(db, greeting)
    if (found === 'restored') restore()
    else if (found !== 'same') settling = true
    if (found === 'rolled-back') deps.notice('rolled-back', 'This device’s database was put back to an earlier state. What it missed is being loaded again.')
  }

  function restore() {
    beginRestore(db, greeting)
    settling = false
    probes = false
    wantsPull = true
    deps.notice('restored-server', 'The server was put back to an earlier state. This device sends it what it holds.')
  }

  function pump() {
    if (!ready || ended || busy) return
    if (!pushing && !settling && !resting && !readPosition(db.driver).restoring) push()
    if ((wantsPull || settling) && !pulling) pull()
    deps.changed()
  }

  function push() {
    const room = { changes: pushSize.most(), bytes: limits.pushBytes - 1024 }
    const waiting = readOutbox(db.driver, room)
    // What is folded may weigh more: how much goes into one push is counted anew.
    const changes = foldOutgoing(db.driver, waiting) ? readOutbox(db.driver, room) : waiting
    const [first, last] = [changes[0], changes.at(-1)]
    if (!first || !last) return
    if (!isContiguous(db, first.n)) {
      settling = true
      wantsPull = true
      return
    }
    const rq = deps.nextRequest()
    pushing = { rq, first: first.n, last: last.n }
    const alone = changes.length === 1 ? JSON.stringify(changes).length / slowestBytesPerMs : 0
    // A send may end the session, and the push with it, at once.
    deps.send({ type: 'push', rq, changes })
    watch(rq, answerMs + alone)
  }

  function pull() {
    const { cursor, mark, restoring } = readPosition(db.driver)
    const probe = probes && mark !== null && cursor > floor && !restoring ? { seq: cursor, mark } : null
    probes = false
    wantsPull = false
    const rq = deps.nextRequest()
    pulling = { rq, settles: settling, probe }
    deps.send({ type: 'pull', rq, cursor: probe ? cursor - 1 : cursor, limit: limits.pageChanges })
    watch(rq)
  }

  function watch(rq: number, ms = answerMs) {
    later(() => [pushing, pulling].some((asked) => asked?.rq === rq && !asked.refused) && deps.dead(), ms)
  }

  /** The push in flight was cut off, or is larger than what is let through. */
  function cutPush() {
    if (pushing && !pushing.refused) pushSize.cut(pushing.last - pushing.first + 1)
    pushing = null
  }

  /** Whether an answer belongs to the request in flight, which is then over. */
  function takePush(rq: number): { first: number, last: number } | null {
    const answered = pushing?.rq === rq ? pushing : null
    if (answered) pushing = null
    return answered
  }

  function onPage(page: Page) {
    if (!pulling || (pulling.rq !== page.rq && !faults.acceptStaleAnswers)) return
    const { settles, probe } = pulling
    pulling = null
    if (probe) {
      const there = page.changes.find((change) => change.seq === probe.seq)
      if (!there || toMark(there) !== probe.mark) {
        greeting = { ...greeting, upto: page.upto, uptoClock: page.uptoClock }
        restore()
        return pump()
      }
    }
    const touched = applyPage(db, page, faults)
    if (touched) committed(touched)
    if (touched?.local) deps.acked()
    if (!touched || page.more) wantsPull = true
    else caughtUp(page, settles)
    pump()
  }

  function caughtUp({ upto, uptoClock }: Page, settles: boolean) {
    firstTarget = 0
    if (readPosition(db.driver).restoring) return void giveBack({ upto, uptoClock })
    if (!settling || !settles) return
    settling = false
    if (afterImage && readChange(db.driver, upto)?.h === uptoClock) db.driver.transaction(() => acknowledge(db.driver, upto))
    else settleOutbox(db, { upto, uptoClock })
    afterImage = false
    committed({ rows: [], local: ['outbox'] })
    deps.acked()
  }

  async function giveBack(position: Pick<ServerPosition, 'upto' | 'uptoClock'>) {
    busy = true
    try {
      await gatherResend(db, async () => {
        await deps.pause()
        return !ended
      })
      if (ended) return
      finishRestore(db, position)
    } catch (cause) {
      // It is gathered anew after a while, once the log was read to its end again. What is here stays as it is meanwhile.
      later(() => {
        busy = false
        wantsPull = true
        pump()
      }, refusedMs)
      if (!isStorageFull(cause)) throw cause
      return deps.storageFull()
    }
    busy = false
    settling = false
    committed({ rows: [], local: ['outbox'] })
    pump()
  }

  async function onReset({ rq, seq, schema }: Reset) {
    if (!pulling || pulling.rq !== rq) return
    pulling = null
    if (schema > schemaVersion) return deps.outdated()
    busy = true
    const taken = await deps.takeImage(seq, readPosition(db.driver).restoring)
    busy = false
    if (ended) return
    wantsPull = true
    // Asked for again after a longer pause each time: a server that cannot give its state, or a disk that is full, would be asked without end.
    if (!taken) return void later(pump, refusedMs * 2 ** Math.min(6, untaken++))
    untaken = 0
    settling = true
    afterImage = true
    probes = false
    pump()
  }

  function onAck(ack: PushAck) {
    const answered = takePush(ack.rq)
    if (!answered && !faults.acceptStaleAnswers) return
    refusals = 0
    pushSize.arrived()
    const outcome = answered ? applyAck(db, ack, answered) : believeUpto(db, ack.upto)
    if (outcome === 'unclear') settling = true
    if (outcome !== 'moved') wantsPull = true
    if (ack.rejected?.length) deps.notice('change-rejected', 'The server refused a change of this device. It is kept here and can be sent again.')
    committed({ rows: [], local: ack.rejected?.length ? ['outbox', 'rejected'] : ['outbox'] })
    deps.acked()
    pump()
  }

  function onClockSkew({ rq, upto, now }: ClockSkew) {
    if (!takePush(rq)) return
    measureOffset(now, deps.now())
    const [first] = readOutbox(db.driver, { changes: 1, bytes: 0 })
    if (first && first.n <= upto) {
      settling = true
      wantsPull = true
    } else {
      committed(guardClock(db, { now }, faults))
    }
    // A server whose clock jumps would otherwise be asked without a pause.
    if (++refusals > 3) rest()
    pump()
  }

  function rest() {
    resting = true
    later(() => {
      resting = false
      pump()
    }, refusedMs)
  }

  function onPushGap({ rq, upto }: PushGap) {
    if (!takePush(rq)) return
    greeting = { ...greeting, upto }
    if (upto < readPosition(db.driver).acked) restore()
    else settling = true
    wantsPull = true
    pump()
  }

  function onChanges(changes: Changes) {
    if (!ready) return
    const touched = busy ? null : applyPage(db, changes, faults)
    if (touched) committed(touched)
    else wantsPull = true
    if (touched?.local) deps.acked()
    pump()
  }

  function onError({ rq, code, retryAfter }: ErrorMessage) {
    if (rq === undefined || (pushing?.rq !== rq && pulling?.rq !== rq)) return
    const isCut = code === 'payload_too_large' || code === 'request_timeout'
    if (isCut && pushing?.rq === rq && pushing.last > pushing.first) {
      cutPush()
      return pump()
    }
    const wasPull = pulling?.rq === rq
    for (const asked of [pushing, pulling]) if (asked?.rq === rq) asked.refused = true
    later(() => {
      if (wasPull && pulling?.rq === rq) pulling = null
      if (!wasPull && pushing?.rq === rq) pushing = null
      wantsPull ||= wasPull
      pump()
    }, (retryAfter ?? refusedMs / 1000) * 1000)
  }

  function onHead(head: number) {
    if (head > readPosition(db.driver).cursor) wantsPull = true
    pump()
  }

  return {
    hello,
    welcome,
    receive(message: ExchangeMessage) {
      if (ended) return
      switch (message.type) {
        case 'page': return onPage(message)
        case 'reset': return void onReset(message)
        case 'push-ack': return onAck(message)
        case 'clock-skew': return onClockSkew(message)
        case 'push-gap': return onPushGap(message)
        case 'changes': return onChanges(message)
        case 'poke': return onHead(message.head)
        case 'pong':
          measureOffset(message.now, message.t)
          return onHead(message.head)
        case 'error': return onError(message)
      }
    },
    /** Something was written here. */
    localChange() {
      pushTimer ??= later(() => {
        pushTimer = null
        pump()
      }, coalesceMs)
    },
    pump,
    /** What came last could not be written: it is read again after a while, and nothing is pushed until then. */
    stall() {
      wantsPull = true
      rest()
    },
    /** Reads what is new, also if nothing said so: for a connection that is only polled, and that does not break when the server is restored. */
    poll() {
      probes = true
      wantsPull = true
      pump()
    },
    isReady: () => ready,
    cursor: () => readPosition(db.driver).cursor,
    /** Nothing is on its way in. */
    isCaughtUp: () => ready && !busy && !pulling && !wantsPull && !settling,
    progress: () => (firstTarget > 0 ? Math.min(1, readPosition(db.driver).cursor / firstTarget) : null),
    end() {
      cutPush()
      ended = true
      cancels.forEach((cancel) => cancel())
      cancels.clear()
    },
  }
}
