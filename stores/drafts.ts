import { defineStore } from 'pinia'
import { useNuxtApp } from '#app'
import { z } from 'zod'
import { drop, keep } from '~/stores/kept'
import { newMutation } from '~/stores/newId'
import { readStored } from '~/stores/storedJson'

/** What stands in localStorage for one composer: its text, and the text that the synced setting last had, to tell a change here from one elsewhere. */
const mirrorSchema = z.object({ text: z.string(), synced: z.string() })
type Mirror = z.infer<typeof mirrorSchema>

const pushEvery = 2_000
const empty: Mirror = { text: '', synced: '' }
const mirrorKey = (owner: string): string => `holdfast:draft:${owner}`
const settingName = (owner: string): string => `draft/${owner}`

const readMirror = (owner: string): Mirror => readStored(mirrorKey(owner), mirrorSchema) ?? empty

function writeMirror(owner: string, mirror: Mirror): void {
  if (mirror.text === '' && mirror.synced === '') drop(mirrorKey(owner))
  else keep(mirrorKey(owner), JSON.stringify(mirror))
}

/**
 * Unsent texts, one per thread and one for a new chat (`new`). Each input goes to localStorage at once, so that nothing typed is lost, and
 * as a setting to the other devices every two seconds.
 */
export const useDraftsStore = defineStore('drafts', () => {
  const database = useNuxtApp().$database
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  const read = (owner: string): string => readMirror(owner).text

  function write(owner: string, text: string): void {
    writeMirror(owner, { ...readMirror(owner), text })
    if (!timers.has(owner)) timers.set(owner, setTimeout(() => void push(owner), pushEvery))
  }

  async function push(owner: string): Promise<void> {
    clearTimeout(timers.get(owner))
    timers.delete(owner)
    const mirror = readMirror(owner)
    if (mirror.text === mirror.synced) return
    const answer = await database.call('set-setting', { ...newMutation(), name: settingName(owner), value: mirror.text || null })
    if (answer.ok) writeMirror(owner, { ...readMirror(owner), synced: mirror.text })
  }

  /** The text was sent: the commit is answered. */
  async function clear(owner: string): Promise<void> {
    writeMirror(owner, { ...readMirror(owner), text: '' })
    await push(owner)
  }

  /** Tells of a text that another tab wrote, or another device while nothing was typed here since the last agreement. */
  function follow(owner: string, listener: (text: string) => void): () => void {
    const onStorage = (event: StorageEvent): void => {
      if (event.key === mirrorKey(owner)) listener(read(owner))
    }
    window.addEventListener('storage', onStorage)
    const unwatch = database.watch('setting', { name: settingName(owner) }, ({ value }) => {
      const remote = typeof value === 'string' ? value : ''
      const mirror = readMirror(owner)
      if (remote === mirror.synced) return
      const untouched = mirror.text === mirror.synced
      writeMirror(owner, { text: untouched ? remote : mirror.text, synced: remote })
      if (untouched) listener(remote)
    })
    return () => {
      window.removeEventListener('storage', onStorage)
      unwatch()
    }
  }

  return { read, write, clear, follow }
})
