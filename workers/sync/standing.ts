import type { OpenSocket, SyncSnapshot } from './ports'

interface StandingOptions {
  openSocket: OpenSocket
  /** Whether it is still being asked if this device is to be taken in. */
  isBeingTakenIn(): boolean
  changed(): void
}

/** The state of sync in a person's words: what the client says, seen together with the first mint and with how the socket fares. */
export function createStanding({ openSocket, isBeingTakenIn, changed }: StandingOptions) {
  let connectionFailed = false
  const watched: OpenSocket = (listener, token) => openSocket({
    ...listener,
    onClose(code, reason) {
      listener.onClose(code, reason)
      connectionFailed = true
      changed()
    },
  }, token)

  return {
    openSocket: watched,
    of(state: SyncSnapshot['state']): SyncSnapshot['state'] {
      // A device that is about to be taken in must not be told that it is local for the blink of an eye.
      if (state === 'local-only' && isBeingTakenIn()) return 'starting'
      // A server that has never answered since the start is away, not starting.
      return state === 'starting' && connectionFailed ? 'offline' : state
    },
  }
}
