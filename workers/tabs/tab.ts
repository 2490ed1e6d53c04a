import { createError, HoldfastException, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { localActions, type EventName, type EventPayload, type TabRole } from '../api'
import { pageFrameSchema, parseInput, unexpected, type CallFrame, type Port, type RequestFrame, type WorkerFrame } from '../rpc'
import { channelMessageSchema, type ChannelMessage, type Schedule, type TabChannel } from './channel-message'
import { createElection, type Office } from './election'
import { createLeaderDoor, type Desk } from './leader-door'
import { createOwnRequests } from './own-requests'
import { createWatchdog } from './watchdog'

type LocalName = keyof typeof localActions
export type LocalCalls = { [N in LocalName]: (request: never) => Promise<unknown> }
export type Emit = <E extends EventName>(name: E, payload: EventPayload<E>) => void

export interface TabOptions {
  id: string
  page: Port
  channel: TabChannel
  locks: LockManager
  lockName: string
  schedule: Schedule
  now: () => number
  random: () => number
  /** Loads what opening needs, so that a fail-over does not wait for it. */
  prewarm(): Promise<unknown>
  /** Opens database and socket in this worker. Throws OutdatedError when the file is of a newer schema. */
  open(emit: Emit, build: string): Promise<Office & Desk>
  /** The calls that this worker answers itself; `emit` reaches every tab. */
  local(emit: Emit): LocalCalls
  /** Whether the server serves this build now; false when it cannot be asked. */
  isCurrentBuild(build: string): Promise<boolean>
  /** An event of another tab, or of this one. */
  onEvent?(name: EventName, payload: unknown): void
}

/**
 * The worker of one tab: takes its page's requests to the leader, be that this worker or another tab's, and stands for election.
 * It knows nothing of SQL: `open` gives it a desk.
 */
export function createTab(options: TabOptions) {
  const { id, page, channel, now, schedule } = options
  const toPage = (frame: WorkerFrame) => page.postMessage(frame)
  const say = (message: ChannelMessage) => channel.postMessage(message)
  const own = createOwnRequests(toPage)
  let build = ''
  let role: TabRole = 'starting'
  let leader: string | undefined
  let desk: (Office & Desk) | undefined
  let door: ReturnType<typeof createLeaderDoor> | undefined
  let candidate = false
  let askedBuild: string | undefined
  let cancelSweep: (() => void) | undefined

  const emit: Emit = (name, payload) => {
    toPage({ kind: 'event', name, payload })
    say({ kind: 'event', from: id, name, payload })
    hear(name, payload)
  }
  const local = options.local(emit)
  /** What this page held was deleted: nothing of it goes into the database that comes next. */
  let deleted: HoldfastError | undefined

  function hear(name: EventName, payload: unknown) {
    if (name === 'local-data-deleted') own.forget(deleted = createError('not_found', 'The data on this device was deleted.'))
    options.onEvent?.(name, payload)
  }

  function setRole(next: TabRole) {
    if (role === next) return
    role = next
    toPage({ kind: 'role', role })
  }

  function reply(tab: string, frame: Parameters<typeof toPage>[0] & ({ kind: 'answer' | 'update' | 'watch-error' })) {
    if (tab !== id) say({ kind: 'reply', to: tab, leader: id, frame })
    else if (own.settle(frame)) toPage(frame)
  }

  const watchdog = createWatchdog({
    schedule, now, random: options.random,
    ping: () => say({ kind: 'ping', from: id }),
    onSilence: () => election.steal(),
  })

  const announce = () => say({ kind: 'leader', leader: id, build, ready: door !== undefined })

  const election = createElection({
    locks: options.locks, lockName: options.lockName, schedule, now,
    async open() {
      desk = await options.open(emit, build)
      return desk
    },
    onCandidate() {
      candidate = true
      watchdog.stop()
      announce()
    },
    onLead() {
      door = createLeaderDoor(desk!, now, reply)
      leader = id
      sweepLater()
      setRole('leader')
      announce()
      for (const frame of own.takeOver()) door.take(id, frame)
    },
    onLost() {
      // What the old desk still answers is void: its tabs have another leader.
      door?.close()
      door = undefined
      candidate = false
      leader = undefined
      cancelSweep?.()
      if (role === 'leader') setRole('follower')
      if (!resting) watchdog.start()
    },
    onBlocked() {
      candidate = false
      setRole('blocked')
      toPage({ kind: 'event', name: 'notice', payload: { kind: 'leader-silent', message: 'Another tab is not answering' } })
      watchdog.start()
    },
    onOutdated: () => retire(),
  })
  let resting = true
  let rested: Promise<void> = Promise.resolve()

  function sweepLater() {
    cancelSweep = schedule(() => {
      door?.sweep()
      sweepLater()
    }, 30_000)
  }

  /** This tab's build or schema is not the one that runs: it never leads, and asks to be loaded again. */
  function retire() {
    rested = election.stop()
    watchdog.stop()
    resting = true
    candidate = false
    setRole('outdated')
    toPage({ kind: 'event', name: 'notice', payload: { kind: 'reload-to-update', message: 'Reload to update' } })
    own.refuseAll('Reload to update')
  }

  function route(frame: RequestFrame) {
    if (role === 'outdated') {
      if (frame.kind === 'call') toPage({ kind: 'answer', id: frame.id, result: err(createError('upgrade_required', 'Reload to update')) })
      return
    }
    own.add(frame, leader !== undefined)
    if (door) door.take(id, frame)
    else if (leader) say({ kind: 'request', to: leader, from: id, frame })
  }

  function followLeader(next: string) {
    if (door || next === leader) return
    leader = next
    setRole('follower')
    for (const frame of own.takeOver()) say({ kind: 'request', to: leader, from: id, frame })
  }

  /** Which of two builds is old is for the server to say: the tab of the build it serves stays, the other one asks to be reloaded. */
  async function meetOtherBuild(leaderId: string, otherBuild: string) {
    if (askedBuild === otherBuild) return
    askedBuild = otherBuild
    if (await options.isCurrentBuild(build)) say({ kind: 'step-down', to: leaderId, build })
    else retire()
  }

  function takeLeader(message: { leader: string, build: string, ready: boolean }) {
    watchdog.heard()
    if (message.build !== build) {
      void meetOtherBuild(message.leader, message.build)
      return
    }
    // A candidate holds the lock: whoever led before does not any more.
    if (message.ready) followLeader(message.leader)
    else leader = undefined
  }

  function takeMessage(message: ChannelMessage) {
    switch (message.kind) {
      case 'ping':
        if (candidate || door) say({ kind: 'pong', to: message.from, leader: id, build, ready: door !== undefined, known: door?.knows(message.from) ?? false })
        return
      case 'leader':
        if (!candidate && !door) takeLeader(message)
        return
      case 'pong':
        if (message.to !== id || candidate || door) return
        takeLeader(message)
        if (message.ready && !message.known && leader === message.leader) {
          for (const frame of own.watches()) say({ kind: 'request', to: leader, from: id, frame })
        }
        return
      case 'request':
        if (message.to === id) door?.take(message.from, message.frame)
        return
      case 'reply':
        if (message.to !== id || message.leader !== leader) return
        watchdog.heard()
        if (own.settle(message.frame)) toPage(message.frame)
        return
      case 'event':
        toPage({ kind: 'event', name: message.name, payload: message.payload })
        hear(message.name, message.payload)
        return
      case 'bye':
        door?.forget(message.from)
        return
      case 'step-down':
        if (message.to === id && message.build !== build) void yieldTo(message.build)
    }
  }

  async function yieldTo(newer: string) {
    // The other tab asked the server; a leader of the served build has nothing to yield.
    if (newer !== build && !(await options.isCurrentBuild(build))) retire()
  }

  async function callLocal(frame: CallFrame): Promise<Result<unknown>> {
    const name = frame.name as LocalName
    const request = parseInput(localActions[name].request, frame.request, `request of ${name}`)
    return request.ok ? ok(await local[name](request.value as never)) : request
  }

  function rest() {
    if (resting) return
    resting = true
    watchdog.stop()
    say({ kind: 'bye', from: id })
    leader = undefined
    rested = election.stop()
  }

  function join() {
    if (!resting || role === 'outdated') return
    resting = false
    election.start()
    watchdog.start()
  }

  channel.onmessage = (event) => {
    const parsed = channelMessageSchema.safeParse(event.data)
    if (parsed.success && !resting) takeMessage(parsed.data)
  }
  page.addEventListener('message', (event) => {
    const parsed = pageFrameSchema.safeParse(event.data)
    if (!parsed.success) return
    const frame = parsed.data
    if (frame.kind === 'start') {
      build = frame.build
      void options.prewarm().catch(unexpected)
      join()
    } else if (frame.kind === 'rest') {
      rest()
      void rested.then(() => toPage({ kind: 'rested' }))
    } else if (frame.kind === 'wake') {
      join()
    } else if (frame.kind === 'call' && deleted) {
      toPage({ kind: 'answer', id: frame.id, result: err(deleted) })
    } else if (frame.kind === 'call' && Object.hasOwn(localActions, frame.name)) {
      void callLocal(frame).catch((cause: unknown) => err(cause instanceof HoldfastException ? cause.error : unexpected(cause))).then((result) => toPage({ kind: 'answer', id: frame.id, result }))
    } else {
      route(frame as RequestFrame)
    }
  })

  return {
    /** Gives up leading and stands again: the database to open is another one now. */
    restart() {
      if (role !== 'leader') return
      rest()
      join()
    },
  }
}
