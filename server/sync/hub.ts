import { loggedChangeText, standInText, type StoredChange } from './space-writer'

/** Consecutive changes as they go out live: written once, sent to every socket of the space. */
export interface LiveChanges { from: number, to: number, text: string }

/** A socket as the hub knows it: a greeted session. */
export interface Listener {
  readonly spaceId: string
  readonly deviceId: string
  readonly tokenId: string
  /** Later changes of the space; `text` is the whole `changes` frame. */
  deliver(live: LiveChanges): void
  /** Closes the socket; nothing flows afterwards. */
  close(code: number, reason: string): void
  /** Closes a socket that has been slow for too long. */
  sweep(now: number): void
}

/** Who listens to which space. It knows no database: it passes on what has been stored. */
export interface Hub {
  add(listener: Listener): void
  remove(listener: Listener): void
  announce(spaceId: string, changes: readonly StoredChange[], except?: string): void
  listeners(spaceId: string): Iterable<Listener>
  /** Looks after slow sockets; called every second. */
  sweep(now: number): void
  closeAll(code: number, reason: string): void
}

export function createHub(): Hub {
  const spaces = new Map<string, Set<Listener>>()
  const all = () => [...spaces.values()].flatMap((listeners) => [...listeners])
  return {
    add(listener) {
      const listeners = spaces.get(listener.spaceId) ?? new Set()
      spaces.set(listener.spaceId, listeners.add(listener))
    },
    remove(listener) {
      const listeners = spaces.get(listener.spaceId)
      listeners?.delete(listener)
      if (listeners?.size === 0) spaces.delete(listener.spaceId)
    },
    announce(spaceId, changes, except) {
      const listeners = [...(spaces.get(spaceId) ?? [])].filter((listener) => listener.deviceId !== except)
      const live = listeners.length > 0 ? toLiveChanges(changes) : null
      if (live) for (const listener of listeners) listener.deliver(live)
    },
    listeners: (spaceId) => spaces.get(spaceId) ?? [],
    sweep(now) {
      for (const listener of all()) listener.sweep(now)
    },
    closeAll(code, reason) {
      for (const listener of all()) listener.close(code, reason)
    },
  }
}

function toLiveChanges(changes: readonly StoredChange[]): LiveChanges | null {
  const from = changes[0]?.seq
  const to = changes.at(-1)?.seq
  if (from === undefined || to === undefined) return null
  const texts = changes.map((change) => (change.aside ? standInText({ ...change, table: change.t, pk: change.k }) : loggedChangeText(change, JSON.stringify(change.c))))
  return { from, to, text: `{"type":"changes","from":${from},"to":${to},"changes":[${texts.join(',')}]}` }
}
