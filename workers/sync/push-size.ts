import { limits } from '~/shared/limits'

/**
 * How many changes go into one push. A line, or something on it, may break every push above a size: what was cut is halved, down to one
 * change, and grows again with each that arrives. It outlives the connection, since the next one has the same line.
 */
export function createPushSize() {
  let most: number = limits.pushChanges
  return {
    most: () => most,
    /** A push of so many changes did not get through. */
    cut(changes: number) {
      most = Math.max(1, Math.floor(Math.min(most, changes) / 2))
    },
    /** A push got through. */
    arrived() {
      most = Math.min(limits.pushChanges, most * 2)
    },
  }
}
export type PushSize = ReturnType<typeof createPushSize>
