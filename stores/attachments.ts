import { defineStore } from 'pinia'
import { markRaw, reactive } from 'vue'
import { useNuxtApp } from '#app'
import { z } from 'zod'
import { createDraftFiles } from '~/stores/draftFiles'
import { drop, keep as keepText } from '~/stores/kept'
import { readStored } from '~/stores/storedJson'
import { filePartSchema, type FilePart } from '~/shared/domain/part'
import { createError, type HoldfastError } from '~/shared/errors'
import type { CallAnswer, EventPayload } from '~/workers/api'

/** A file of a message that is still being written. */
export interface Attachment {
  key: string
  name: string
  mime: string
  size: number
  /** `adding` until it is kept on this device; then its way to the server. */
  state: 'adding' | CallAnswer<'upload-blob'>['state']
  /** What the message will carry; null while it is being added. */
  part: FilePart | null
  /** An object URL of a small picture. */
  thumbnail: string | null
  /** Why the server does not take it, or why it waits. */
  error: HoldfastError | null
}

const largestBytes = 1024 ** 3
const mirrorKey = (owner: string): string => `holdfast:attachments:${owner}`
const mirrorSchema = z.array(filePartSchema)

/**
 * Files attached to drafts, by their owner: a thread's id, or `new`. They are kept and uploaded at once, so that the send itself has
 * nothing to wait for; localStorage names them over a reload, and the other devices hear of those that the server has.
 */
export const useAttachmentsStore = defineStore('attachments', () => {
  const database = useNuxtApp().$database
  const lists = reactive(new Map<string, Attachment[]>())
  const drafts = createDraftFiles(database)

  const of = (owner: string): Attachment[] => lists.get(owner) ?? []
  const partsOf = (owner: string): FilePart[] => of(owner).flatMap(({ part }) => part ?? [])

  function remember(owner: string): void {
    const parts = partsOf(owner)
    if (parts.length > 0) keepText(mirrorKey(owner), JSON.stringify(parts))
    else drop(mirrorKey(owner))
  }

  function put(owner: string, facts: Pick<Attachment, 'name' | 'mime' | 'size'>): Attachment {
    const list = lists.get(owner) ?? []
    list.push({ ...facts, key: crypto.randomUUID(), state: 'adding', part: null, thumbnail: null, error: null })
    lists.set(owner, list)
    // Through the map, so that what follows is seen by those who draw it.
    return of(owner).at(-1)!
  }

  function forget(owner: string, attachment: Attachment): void {
    if (attachment.thumbnail) URL.revokeObjectURL(attachment.thumbnail)
    lists.set(owner, of(owner).filter(({ key }) => key !== attachment.key))
    remember(owner)
  }

  async function keep(owner: string, attachment: Attachment, file: Blob, maxEdge?: number): Promise<HoldfastError | null> {
    const added = await database.call('add-blob', { file, name: attachment.name, mime: attachment.mime, ...(maxEdge ? { maxEdge } : {}) })
    if (!added.ok) {
      forget(owner, attachment)
      return added.error
    }
    const { thumbnail } = added.value
    // It goes back to the worker, which takes plain objects only.
    const part = markRaw(added.value.part)
    const twin = of(owner).find((other) => other !== attachment && other.part?.sha256 === part.sha256)
    if (twin) {
      forget(owner, attachment)
      return null
    }
    if (attachment.thumbnail) URL.revokeObjectURL(attachment.thumbnail)
    Object.assign(attachment, { part, name: part.name, mime: part.mime, size: part.size, thumbnail: thumbnail && URL.createObjectURL(thumbnail), state: 'waiting' })
    remember(owner)
    await upload(owner, attachment, part)
    return null
  }

  async function upload(owner: string, attachment: Attachment, part: FilePart): Promise<void> {
    const answer = await database.call('upload-blob', { part })
    if (answer.ok && attachment.state === 'waiting') setState(owner, attachment, answer.value.state)
    else if (!answer.ok) attachment.error = answer.error
  }

  function setState(owner: string, attachment: Attachment, state: Attachment['state']): void {
    attachment.state = state
    if (state === 'uploaded' && attachment.part) void drafts.put(owner, attachment.part)
  }

  /** Attaches files; answers the first error, of a file that could not be kept. */
  async function add(owner: string, files: readonly File[]): Promise<HoldfastError | null> {
    let failure: HoldfastError | null = null
    for (const file of files) {
      if (file.size > largestBytes) failure ??= createError('payload_too_large', `${file.name} is larger than a gigabyte.`)
      else failure = await keep(owner, put(owner, { name: file.name || 'file', mime: file.type, size: file.size }), file) ?? failure
    }
    return failure
  }

  /** A text too long for a message, as a file. */
  async function addText(owner: string, text: string): Promise<HoldfastError | null> {
    return add(owner, [new File([text], 'text.txt', { type: 'text/plain' })])
  }

  async function remove(owner: string, attachment: Attachment): Promise<void> {
    forget(owner, attachment)
    const { part } = attachment
    if (part) void drafts.drop(owner, part.sha256)
    const elsewhere = part && [...lists.values()].some((list) => list.some((other) => other.part?.sha256 === part.sha256))
    if (part && !elsewhere) await database.call('drop-blob', { sha256: part.sha256 })
  }

  /** Draws an image anew with its longer edge at most `maxEdge` pixels. */
  async function shrink(owner: string, attachment: Attachment, maxEdge: number): Promise<HoldfastError | null> {
    const before = attachment.part
    if (!before) return null
    const read = await database.call('read-blob', { part: before })
    if (!read.ok) return read.error
    if (!read.value.file) return createError('not_found', `${before.name} is not on this device any more.`)
    attachment.state = 'adding'
    const failure = await keep(owner, attachment, read.value.file, maxEdge)
    if (failure || attachment.part?.sha256 === before.sha256) return failure
    void drafts.drop(owner, before.sha256)
    await database.call('drop-blob', { sha256: before.sha256 })
    return failure
  }

  const holds = (owner: string, sha256: string): boolean => of(owner).some(({ part }) => part?.sha256 === sha256)

  /** Reads a file, brought from the server if it is not on this device. */
  async function readFile(part: FilePart): Promise<Blob | null> {
    const read = await database.call('read-blob', { part })
    if (!read.ok || read.value.file) return read.ok ? read.value.file : null
    if (!(await database.call('fetch-blob', { part })).ok) return null
    const fetched = await database.call('read-blob', { part })
    return fetched.ok ? fetched.value.file : null
  }

  /** Attaches files that are kept somewhere already: of a cancelled send, of a draft from before a reload, or of another device's. */
  async function give(owner: string, parts: readonly FilePart[]): Promise<void> {
    for (const part of parts) {
      if (holds(owner, part.sha256)) continue
      const file = await readFile(part)
      if (file && !holds(owner, part.sha256)) await keep(owner, put(owner, part), file)
    }
  }

  /** Brings back what a draft held before a reload, and follows what other devices attach to it and take off. */
  function follow(owner: string): () => void {
    const restored = lists.has(owner) ? Promise.resolve() : give(owner, readStored(mirrorKey(owner), mirrorSchema) ?? [])
    return drafts.follow(owner, {
      stand: (parts) => void restored.then(() => give(owner, parts)),
      went: (hashes) => void restored.then(() => of(owner).filter(({ part }) => part && hashes.includes(part.sha256)).forEach((attachment) => forget(owner, attachment))),
    })
  }

  /** They were sent: the message holds them now. */
  function sent(owner: string, parts: readonly FilePart[]): void {
    for (const { sha256 } of parts) {
      const attachment = of(owner).find(({ part }) => part?.sha256 === sha256)
      if (!attachment) continue
      forget(owner, attachment)
      void drafts.drop(owner, sha256)
    }
  }

  database.on('blob-state', ({ sha256, state, error }: EventPayload<'blob-state'>) => {
    for (const [owner, list] of lists) {
      for (const attachment of list) {
        if (attachment.part?.sha256 !== sha256 || attachment.state === 'adding') continue
        attachment.error = error
        setState(owner, attachment, state)
      }
    }
  })

  return { of, partsOf, add, addText, remove, shrink, give, follow, sent }
})
