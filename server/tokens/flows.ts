import { fail } from '~/shared/errors'

/** Why a flow ended, as the code of an error says it. */
export type FlowEnd = 'token_revoked' | 'token_expired'
/** The token a flow hangs on, and when it expires (ms). */
export interface FlowToken { tokenId: string, expiresAt: number }

/** One thing that flows for a token: a socket, or a request with its answer. */
export interface Flow {
  /** The token was renewed in the flow itself. */
  renewed(expiresAt: number): void
  /** It ended by itself. */
  close(): void
}

/**
 * Everything that flows for a token, in one place: what has begun ends with its token, and what begins after a revoke is refused. It
 * knows neither sockets nor requests, and no database: each flow says how it ends.
 */
export interface Flows {
  /** Begins a flow, whose `end` is called once when its token does. Fails with `token_revoked` after a revoke, also one that came while the token was read. */
  open(token: FlowToken, end: (why: FlowEnd) => void): Flow
  /** From now on nothing begins for the token, and `isRevoked` says so to what is in flight. */
  refuse(tokenId: string): void
  /** Ends what flows for the token. */
  end(tokenId: string): void
  isRevoked(tokenId: string): boolean
  /**
   * Ends what has expired; called twice a second. The clock is asked again each time, not a timer set once: that would stand still with a machine
   * that sleeps, and reaches no further than 25 days.
   */
  sweep(now: number): void
  /** How many flows a token has open. */
  count(tokenId: string): number
}

/** A revoked token is looked for in the database first: these are for what was being authenticated just then. */
const rememberedTokens = 10_000

interface OpenFlow { expiresAt: number, end(why: FlowEnd): void }

export function createFlows(): Flows {
  const open = new Map<string, Set<OpenFlow>>()
  const revoked = new Set<string>()

  function close(tokenId: string, flow: OpenFlow): boolean {
    const flows = open.get(tokenId)
    const wasOpen = flows?.delete(flow) ?? false
    if (flows?.size === 0) open.delete(tokenId)
    return wasOpen
  }

  function end(tokenId: string, flow: OpenFlow, why: FlowEnd): void {
    if (close(tokenId, flow)) flow.end(why)
  }

  return {
    open({ tokenId, expiresAt }, end) {
      if (revoked.has(tokenId)) fail('token_revoked', 'this device was signed out')
      const flow = { expiresAt, end }
      open.set(tokenId, (open.get(tokenId) ?? new Set()).add(flow))
      return {
        renewed: (until) => { flow.expiresAt = until },
        close: () => void close(tokenId, flow),
      }
    },
    refuse(tokenId) {
      revoked.add(tokenId)
      for (const oldest of revoked) {
        if (revoked.size <= rememberedTokens) break
        revoked.delete(oldest)
      }
    },
    end(tokenId) {
      for (const flow of [...open.get(tokenId) ?? []]) end(tokenId, flow, 'token_revoked')
    },
    isRevoked: (tokenId) => revoked.has(tokenId),
    sweep(now) {
      for (const [tokenId, flows] of [...open]) {
        for (const flow of [...flows]) if (now >= flow.expiresAt) end(tokenId, flow, 'token_expired')
      }
    },
    count: (tokenId) => open.get(tokenId)?.size ?? 0,
  }
}
