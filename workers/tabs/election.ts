import { unexpected } from '../rpc'
import type { Schedule } from './channel-message'

/** What one tab holds while it leads; made when the lock is granted. */
export interface Office { close(): Promise<void> | void }

/** Thrown while opening by a tab that must not lead: its schema is older than the file's. */
export class OutdatedError extends Error {
  override name = 'OutdatedError'
}

export interface ElectionOptions {
  locks: LockManager
  lockName: string
  schedule: Schedule
  now: () => number
  /** Opens database and socket; a throw is tried again for 5 s, for the handles of a dying leader take a moment to fall. */
  open(): Promise<Office>
  onCandidate(): void
  onLead(): void
  /** The lock or the office is gone; the tab follows again. */
  onLost(): void
  /** Nobody answers and the file cannot be opened. */
  onBlocked(cause: unknown): void
  onOutdated(): void
}

const openingTries = { ms: 5_000, every: 100 }
const blockedPause = 3_000

/**
 * Who leads: the holder of the lock. Waits for it, opens, holds it until told otherwise, and waits again. The lock is one per
 * origin, for there is one pool of file handles per origin, and only its owner may open it.
 */
export function createElection(options: ElectionOptions) {
  const { locks, lockName, schedule, now } = options
  let stopped = true
  let waiting: AbortController | undefined
  let resign: (() => void) | undefined
  let over: Promise<void> = Promise.resolve()
  let round = 0
  let blockedUntil = 0

  const pause = (ms: number) => new Promise<void>((resolve) => void schedule(resolve, ms))

  async function openWithTries(mine: () => boolean): Promise<Office | undefined> {
    const until = now() + openingTries.ms
    for (;;) {
      try {
        return await options.open()
      } catch (cause) {
        if (cause instanceof OutdatedError) {
          stopped = true
          options.onOutdated()
          return undefined
        }
        if (!mine() || now() >= until) {
          if (mine()) options.onBlocked(cause)
          return undefined
        }
      }
      await pause(openingTries.every)
    }
  }

  /** Runs while the lock is held; resolves to give it back. */
  async function hold(term: { lost: boolean }): Promise<void> {
    let wakeUp = () => {}
    const resigned = new Promise<void>((resolve) => { wakeUp = resolve })
    let over = false
    resign = () => {
      over = true
      wakeUp()
    }
    options.onCandidate()
    const office = await openWithTries(() => !over && !term.lost)
    if (!office) {
      if (!stopped && !over && !term.lost) blockedUntil = now() + blockedPause
      return
    }
    if (!over && !term.lost) {
      options.onLead()
      await resigned
    }
    options.onLost()
    // A close that fails must not keep this tab from standing again.
    await Promise.resolve(office.close()).catch(unexpected)
  }

  /** Asks for the lock, by waiting or by stealing, and leads for one term. */
  async function stand(steal: boolean): Promise<void> {
    const term = { lost: false }
    const abort = new AbortController()
    waiting = abort
    let held: Promise<void> | undefined
    try {
      await locks.request(lockName, steal ? { steal: true } : { signal: abort.signal }, () => {
        waiting = undefined
        held = hold(term)
        return held
      })
    } catch (cause) {
      // Taken back by `steal` or `stop`, or the lock was stolen: then file and socket close at once.
      if (!(cause instanceof DOMException) || cause.name !== 'AbortError') throw cause
    }
    term.lost = true
    resign?.()
    resign = undefined
    await held
  }

  async function campaign(steal: boolean): Promise<void> {
    const mine = ++round
    let stealing = steal
    while (!stopped && mine === round) {
      await stand(stealing)
      stealing = false
      if (blockedUntil > now()) await pause(blockedUntil - now())
    }
  }

  return {
    start() {
      if (!stopped) return
      stopped = false
      over = campaign(false)
    },
    /** Takes the lock from a leader that no longer answers. */
    steal() {
      if (stopped) return
      const before = waiting
      over = campaign(true)
      before?.abort()
    },
    /** Gives up leading, or waiting for it; settles once the office is closed. */
    stop(): Promise<void> {
      stopped = true
      round++
      waiting?.abort()
      resign?.()
      return over
    },
  }
}
