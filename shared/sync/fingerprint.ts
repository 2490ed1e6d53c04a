import type { JsonValue } from '../domain/text'
import type { Entity } from './merge'

/** JSON with sorted keys: the same value always gives the same text. */
export function canonicalJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value && typeof value === 'object') {
    const members = Object.keys(value).sort().filter((key) => value[key] !== undefined)
    return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
  }
  return JSON.stringify(value ?? null)
}

/** One row as text for comparing replicas: columns that are null count as absent, since the device stores both as NULL. */
export function entityToText(table: string, key: string, entity: Entity): string {
  const columns = Object.fromEntries(Object.entries(entity.columns).filter(([, value]) => value !== null))
  return `${table}\n${key}\n${canonicalJson(columns)}\n${entity.h}\n${canonicalJson(entity.hx)}`
}

/** A 53-bit hash of a text (cyrb53, public domain): cheap, not cryptographic. Sums of it compare sets of rows. */
export function hashText(text: string, seed = 0): number {
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}

/**
 * Rows of a table are compared by ranges: as many sums of hashes, each over the rows whose key falls into it. Deleted rows do not count:
 * the server forgets them after 90 days, a device may keep them longer.
 */
export const fingerprintBuckets = 64
export const bucketOfKey = (key: string): number => hashText(key) % fingerprintBuckets
/** A row's part of its range's sum: 40 bits, so that a million of them add up below 2^60, which both databases sum exactly. */
export const hashEntity = (table: string, key: string, entity: Entity): number => hashText(entityToText(table, key, entity)) % 2 ** 40
/** Sums are kept modulo this. */
export const fingerprintModulus = 2 ** 40
