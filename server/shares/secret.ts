import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A random token that fits an URL: 16 bytes make the 22 characters of a share's id, 32 bytes a secret. */
export const drawToken = (bytes: 16 | 32): string => randomBytes(bytes).toString('base64url')

/** What is stored of a secret. They are random and long, so a plain hash cannot be searched. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret, 'utf8').digest('hex')

/** Compares in constant time: hashes have one length, whatever was sent. */
export function isSecret(secret: string, hash: string): boolean {
  const given = Buffer.from(hashSecret(secret), 'hex')
  const stored = Buffer.from(hash, 'hex')
  return given.length === stored.length && timingSafeEqual(given, stored)
}
