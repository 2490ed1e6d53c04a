import type { Emit } from '../tabs/tab'

/** What the tabs are told of a full disk, and of its end. */
export function createRoom(emit: Emit) {
  let isFull = false
  return {
    none() {
      isFull = true
      emit('notice', { kind: 'disk-full', message: 'This device has no room left. What you write cannot be kept until there is.' })
    },
    /** A message found room; smaller writes do now and then on a full disk too. */
    found() {
      if (isFull) emit('notice', { kind: 'room-again', message: 'There is room again.' })
      isFull = false
    },
  }
}
