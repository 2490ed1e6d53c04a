import { z } from 'zod'
import { drop, keep } from '~/stores/kept'
import { newMutation } from '~/stores/newId'
import { readStored } from '~/stores/storedJson'
import { filePartSchema, type FilePart } from '~/shared/domain/part'
import type { DatabaseClient } from '~/workers/api'

/** One setting per file, so that two devices can attach at the same time and neither undoes the other. */
const nameOf = (owner: string, sha256 = ''): string => `draft/${owner}/file/${sha256}`
const seenKey = (owner: string): string => `holdfast:draft-files:${owner}`
const seenSchema = z.array(z.string())

export interface DraftFilesListener {
  /** Files that stand on the draft now. */
  stand(parts: FilePart[]): void
  /** Hashes that stood on it and are gone: taken off, or sent, on another device or in another tab. */
  went(hashes: string[]): void
}

/**
 * The files of drafts as all devices see them; a file is put there once the server has it. What was seen there outlives the page, or a
 * file that was sent from elsewhere meanwhile would come back with a reload.
 */
export function createDraftFiles(database: DatabaseClient) {
  const seen = new Map<string, ReadonlySet<string>>()
  /** What this page wrote and has not read back yet: until then it knows better than what it reads. */
  const wrote = new Map<string, boolean>()

  const seenOf = (owner: string): ReadonlySet<string> => seen.get(owner) ?? new Set(readStored(seenKey(owner), seenSchema))

  function remember(owner: string, hashes: string[]): void {
    seen.set(owner, new Set(hashes))
    if (hashes.length > 0) keep(seenKey(owner), JSON.stringify(hashes))
    else drop(seenKey(owner))
  }

  async function write(owner: string, sha256: string, part: FilePart | null): Promise<void> {
    const name = nameOf(owner, sha256)
    if ((wrote.get(name) ?? seenOf(owner).has(sha256)) === (part !== null)) return
    wrote.set(name, part !== null)
    await database.call('set-setting', { ...newMutation(), name, value: part as never })
  }

  return {
    /** The server has it: other devices can bring it to themselves. */
    put: (owner: string, part: FilePart): Promise<void> => write(owner, part.sha256, part),
    /** It was taken off, or sent. */
    drop: (owner: string, sha256: string): Promise<void> => write(owner, sha256, null),

    follow(owner: string, { stand, went }: DraftFilesListener): () => void {
      return database.watch('settings', { prefix: nameOf(owner) }, (rows) => {
        const parts = rows.flatMap(({ value }) => filePartSchema.safeParse(value).data ?? [])
        const hashes = parts.map(({ sha256 }) => sha256)
        const gone = [...seenOf(owner)].filter((sha256) => !hashes.includes(sha256))
        const unlessWrote = (on: boolean) => (sha256: string): boolean => wrote.get(nameOf(owner, sha256)) !== on
        const [standing, missing] = [parts.filter(({ sha256 }) => unlessWrote(false)(sha256)), gone.filter(unlessWrote(true))]
        remember(owner, hashes)
        for (const [name, on] of wrote) if (name.startsWith(nameOf(owner)) && on === hashes.includes(name.slice(nameOf(owner).length))) wrote.delete(name)
        went(missing)
        stand(standing)
      })
    },
  }
}
