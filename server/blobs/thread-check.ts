import { fail, HoldfastException, type HoldfastError } from '~/shared/errors'
import { createFairTurns } from '../threads/fair-turns'
import { createThread, ThreadFailure } from '../threads/thread'
import type { Incoming } from './store'

export type CheckKind = 'svg' | 'pdf'
export interface CheckRequest { kind: CheckKind, bytes: ArrayBuffer }
export interface CheckAnswer { error: HoldfastError | null }

export interface ThreadChecks {
  /** Looks into a file of a space, or throws why it is not taken. The spaces take turns. */
  check(spaceId: string, kind: CheckKind, file: Pick<Incoming, 'size' | 'read'>): Promise<void>
  close(): Promise<void>
}

const maxBytes = { svg: 8 * 1024 * 1024, pdf: 128 * 1024 * 1024 } as const
/** How long the look into one file may take, in ms: an honest one of the largest size is done in half of it. */
const budget = 2_000
const atOnce = 2

/** Looks into files that could take long on purpose, in two threads. */
export function createThreadChecks(): ThreadChecks {
  const load = () => import('#thread/server/blobs/check.thread')
  const threads = Array.from({ length: atOnce }, () => createThread({ load, memory: 192, idle: 10_000 }))
  const free = [...threads]
  const turns = createFairTurns({ atOnce, waiting: 8 })

  async function checkNow(kind: CheckKind, file: Pick<Incoming, 'size' | 'read'>): Promise<void> {
    // There are as many threads as turns at once.
    const thread = free.pop() ?? fail('internal', 'no thread is free')
    try {
      const bytes = await readAll(file)
      const { error } = await thread.run<CheckAnswer>({
        budget,
        send: (post) => post({ kind, bytes } satisfies CheckRequest, [bytes]),
        receive: (message) => message as CheckAnswer,
      })
      if (error) throw new HoldfastException(error)
    } catch (error) {
      if (error instanceof ThreadFailure && error.reason !== 'fault') fail('unsupported_media_type', `the ${kind.toUpperCase()} is too complex to be checked`)
      throw error
    } finally {
      free.push(thread)
    }
  }

  return {
    async check(spaceId, kind, file) {
      if (file.size > maxBytes[kind]) fail('payload_too_large', `the ${kind.toUpperCase()} is too large`, { maxBytes: maxBytes[kind] })
      // Only now into memory: what waits for its turn stays on the disk.
      await turns(spaceId, () => checkNow(kind, file))
    },
    close: async () => void await Promise.all(threads.map((thread) => thread.close())),
  }
}

async function readAll({ size, read }: Pick<Incoming, 'size' | 'read'>): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let at = 0
  for await (const chunk of read()) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes.buffer
}
