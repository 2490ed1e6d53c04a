import type { HoldfastError } from './errors'

/** An expected outcome at a border: a value, or a typed error. Bugs throw instead. */
export type Result<T, E = HoldfastError> = { ok: true, value: T } | { ok: false, error: E }

export const ok = <T>(value: T): { ok: true, value: T } => ({ ok: true, value })
export const err = <E>(error: E): { ok: false, error: E } => ({ ok: false, error })

/** Ends a switch over a union: a case that is forgotten fails to compile here. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
