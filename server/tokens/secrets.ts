import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** SHA-256 of a secret as hex: all that is ever stored of it. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** Compares two hashes in a time that does not depend on where they differ. */
export function hashesEqual(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** A new SPSK: 32 random bytes as base64url. */
export const createToken = (): string => randomBytes(32).toString('base64url')

/** No 0, 1, I, L, O, U: read aloud or copied by hand, nothing is mistaken. 30 letters to the eighth are 39 bits, held ten minutes. */
const codeLetters = '23456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A pairing or claim code of 8 characters. */
export function createCode(): string {
  let code = ''
  while (code.length < 8) {
    for (const byte of randomBytes(16)) {
      // 240 is a multiple of 30: taking bytes below it keeps every letter as likely as the next.
      if (byte < 240 && code.length < 8) code += codeLetters[byte % codeLetters.length]
    }
  }
  return code
}

/** A code as typed: spaces and dashes do not count, nor does case. */
export const normalizeCode = (typed: string): string => typed.toUpperCase().replace(/[\s-]/g, '')
