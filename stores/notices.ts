import { defineStore } from 'pinia'
import { ref } from 'vue'
import { useNuxtApp } from '#app'
import type { EventPayload } from '~/workers/api'

type Notice = EventPayload<'notice'>
export type LastingNotice = Extract<Notice['kind'], 'memory-only' | 'disk-full' | 'reload-to-update' | 'leader-silent'>

const isLasting = (kind: Notice['kind']): kind is LastingNotice =>
  kind === 'memory-only' || kind === 'disk-full' || kind === 'reload-to-update' || kind === 'leader-silent'

/** What the worker says about the person's data without being asked. Lasting ones are banners; the others are told once. */
export const useNoticesStore = defineStore('notices', () => {
  const database = useNuxtApp().$database
  const lasting = ref(new Map<LastingNotice, string>())
  const listeners = {
    once: new Set<(notice: Notice) => void>(),
    runEnded: new Set<(end: EventPayload<'run-ended'>) => void>(),
    sendBlocked: new Set<(block: EventPayload<'send-blocked'>) => void>(),
  }

  database.on('notice', (notice) => {
    if (notice.kind === 'room-again') lasting.value.delete('disk-full')
    else if (isLasting(notice.kind)) lasting.value.set(notice.kind, notice.message)
    else for (const listener of listeners.once) listener(notice)
  })
  database.on('run-ended', (end) => {
    for (const listener of listeners.runEnded) listener(end)
  })
  database.on('send-blocked', (block) => {
    for (const listener of listeners.sendBlocked) listener(block)
  })

  function subscribe<T>(set: Set<T>, listener: T): () => void {
    set.add(listener)
    return () => set.delete(listener)
  }

  return {
    lasting,
    dismiss: (kind: LastingNotice) => lasting.value.delete(kind),
    onNotice: (listener: (notice: Notice) => void) => subscribe(listeners.once, listener),
    onRunEnded: (listener: (end: EventPayload<'run-ended'>) => void) => subscribe(listeners.runEnded, listener),
    onSendBlocked: (listener: (block: EventPayload<'send-blocked'>) => void) => subscribe(listeners.sendBlocked, listener),
  }
})
