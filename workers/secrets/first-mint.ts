import { isUnreachable } from '~/shared/errors'
import type { IdentityStore } from './identity'
import type { ServerDoor } from './server-door'
import { createBackOff } from '../runs/back-off'
import type { Schedule } from '../tabs/channel-message'

/**
 * The first load mints by itself: on the owner's own machine that claims the server without a question. A server that says 401 leaves
 * the device local, with a claim or pairing code asked for; one that cannot be reached is asked again.
 */
export function createFirstMint(options: { identity: IdentityStore, door: ServerDoor, schedule: Schedule, random: () => number, onMinted: () => void, onChange: () => void }) {
  const { identity, door } = options
  const backOff = createBackOff(options.schedule, options.random, () => void attempt())
  let asking = false
  let answered = false

  async function attempt(): Promise<void> {
    const { token, signedOut, deviceName } = identity.current()
    if (asking || token !== null || signedOut) return
    asking = true
    const minted = await door.mint({ deviceName })
    asking = false
    answered = true
    if (minted.ok) {
      backOff.reset()
      return options.onMinted()
    }
    if (isUnreachable(minted.error) || minted.error.retryable) {
      backOff.wait()
      return options.onChange()
    }
    // Paired by hand meanwhile, perhaps: then what the server said of the stranger is void.
    const { token: stored } = await identity.save({ claimNeeded: false })
    if (stored !== null) return options.onMinted()
    await identity.save({ claimNeeded: minted.error.details?.reason === 'claim_code_needed' })
    options.onChange()
  }

  return {
    attempt,
    /** Whether the first question is still out: until then nobody knows if this device is to stay local. */
    isOpen: () => asking && !answered,
    stop: backOff.reset,
  }
}
