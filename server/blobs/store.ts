import type { Readable } from 'node:stream'
import { z } from 'zod'

/** The name of a blob: the SHA-256 of its bytes, lower-case hex. Nothing else ever becomes part of a path. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)

/** Bytes that have arrived but do not stand under their name yet. Ends with `keep` or `discard`, whichever comes first. */
export interface Incoming {
  sha256: string
  size: number
  /** The first bytes, enough to tell a file type. */
  head: Uint8Array
  /** All bytes, again. */
  read(): AsyncIterable<Uint8Array>
  /** Puts the bytes under their hash, durably: after it returns they survive a power cut. Keeping what is there already changes nothing. */
  keep(): Promise<void>
  /** Leaves nothing behind. After `keep` it does nothing. */
  discard(): Promise<void>
}

/** Where the bytes of blobs are. It knows no spaces and no rows; who may read what is for `createBlobs` to say. */
export interface BlobStore {
  /** Takes bytes in, hashing on the way. Over `maxBytes`, or when `source` fails, it throws and leaves nothing behind. */
  receive(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Incoming>
  /** The bytes from `start` up to and including `end`, or all; null if there is no such blob. */
  open(sha256: string, range?: { start: number, end: number }): Promise<{ size: number, body: Readable } | null>
  has(sha256: string): Promise<boolean>
  /** Removing what is not there changes nothing. */
  remove(sha256: string): Promise<void>
  /** The names of all blobs, in no order. */
  list(): AsyncIterable<string>
  /** Removes what an earlier process left half received. Call it before the first `receive`. */
  clean(): Promise<void>
}

/** How many bytes `Incoming.head` holds at most. */
export const headBytes = 64 * 1024
