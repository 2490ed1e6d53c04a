import { HoldfastException } from '~/shared/errors'

/** A write that failed for want of room: expected, unlike any other failure of the database. It left nothing half done. */
export const isStorageFull = (cause: unknown): boolean => cause instanceof HoldfastException && cause.error.code === 'storage_full'

/** Does what may as well be done later. False if there was no room for it. */
export function unlessFull(work: () => void): boolean {
  try {
    work()
    return true
  } catch (cause) {
    if (isStorageFull(cause)) return false
    throw cause
  }
}
