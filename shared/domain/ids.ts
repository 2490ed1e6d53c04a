import { z } from 'zod'

/** A thread, message or run. The app makes them by `createId`; other programs may name theirs as they like within this. */
export const idPattern = /^[\w-]{1,64}$/
export const idSchema = z.string().regex(idPattern)

export const threadIdSchema = idSchema.brand<'ThreadId'>()
export const messageIdSchema = idSchema.brand<'MessageId'>()
export const runIdSchema = idSchema.brand<'RunId'>()
export const spaceIdSchema = idSchema.brand<'SpaceId'>()
/** Lower-case base32, made by the device at its first start. `server` is taken. */
export const deviceIdSchema = z.string().regex(/^[a-z2-7]{1,32}$/).refine((id) => id !== 'server').brand<'DeviceId'>()

export type ThreadId = z.infer<typeof threadIdSchema>
export type MessageId = z.infer<typeof messageIdSchema>
export type RunId = z.infer<typeof runIdSchema>
export type SpaceId = z.infer<typeof spaceIdSchema>
export type DeviceId = z.infer<typeof deviceIdSchema>

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** `length` random bytes, given in so that `shared` needs no platform and tests can seed it. */
export type RandomBytes = (length: number) => Uint8Array

/** A new id: 26 lower-case base32 characters, `now` in ms as the first 10, so that ids made later sort later, then 80 random bits. */
export function createId(now: number, randomBytes: RandomBytes): string {
  let time = ''
  for (let rest = now, i = 0; i < 10; i++) {
    time = crockford[rest % 32] + time
    rest = Math.floor(rest / 32)
  }
  let tail = ''
  for (const byte of randomBytes(16)) tail += crockford[byte & 31]
  return time + tail
}

/** A new device id: 80 random bits. */
export function createDeviceId(randomBytes: RandomBytes): DeviceId {
  return drawBase32(16, randomBytes) as DeviceId
}

/** `length` lower-case base32 characters; the tag of a writer is four of them. */
export function drawBase32(length: number, randomBytes: RandomBytes): string {
  let text = ''
  for (const byte of randomBytes(length)) text += base32[byte & 31]
  return text
}
