import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import { readOnce } from '~/stores/readOnce'
import { errorToWords } from '~/stores/errorWords'
import type { ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { HoldfastError } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { ok, type Result } from '~/shared/result'
import type { ThreadPatch, ThreadSummary } from '~/workers/api'
import { useNotificationsStore } from './notifications'

/** The threads of the sidebar, and what can be done to a thread as a whole. */
export const useThreadsStore = defineStore('threads', () => {
  const database = useNuxtApp().$database
  const notifications = useNotificationsStore()

  const threads = shallowRef<ThreadSummary[]>([])
  const loaded = ref(false)
  const error = shallowRef<HoldfastError | null>(null)
  database.watch('threads', { archived: false }, (answer) => {
    threads.value = answer
    loaded.value = true
    error.value = null
  }, (failure) => {
    error.value = failure
  })

  const showArchived = ref(false)
  const archived = shallowRef<ThreadSummary[] | null>(null)
  let unwatchArchived: (() => void) | null = null
  watch(showArchived, (show) => {
    unwatchArchived?.()
    unwatchArchived = null
    archived.value = null
    if (!show) return
    unwatchArchived = database.watch('threads', { archived: true }, (answer) => {
      archived.value = answer.filter((thread) => thread.archived)
    })
  })

  const pinned = computed(() => threads.value.filter((thread) => thread.pinned))
  const unpinned = computed(() => threads.value.filter((thread) => !thread.pinned))

  async function patch(thread: ThreadId, changes: ThreadPatch): Promise<Result<object, HoldfastError>> {
    const answer = await database.call('patch-thread', { ...newMutation(), thread, patch: changes })
    if (!answer.ok) {
      const { sentence, detail } = errorToWords(answer.error)
      notifications.notify({ role: 'alert', text: sentence, detail, action: { label: 'Try again', run: () => patch(thread, changes) } })
    }
    return answer
  }

  const rename = (thread: ThreadId, title: string) => patch(thread, { title: title.trim().slice(0, limits.titleLength) })
  const setPinned = (thread: ThreadId, isPinned: boolean) => patch(thread, { pinned: isPinned })

  async function setArchived(thread: ThreadId, isArchived: boolean): Promise<void> {
    const answer = await patch(thread, { archived: isArchived })
    if (!answer.ok) return
    notifications.notify({
      text: isArchived ? 'Thread archived' : 'Thread is back in the list',
      key: `archive-${thread}`,
      action: { label: 'Undo', run: () => patch(thread, { archived: !isArchived }) },
    })
  }

  const restore = (thread: ThreadId) => patch(thread, { deleted: false })

  /** Deletes a thread and offers to undo it; `onUndo` follows when it is back. */
  async function remove(thread: ThreadId, title: string, onUndo?: () => unknown): Promise<void> {
    const answer = await patch(thread, { deleted: true })
    if (!answer.ok) return
    const undo = async (): Promise<void> => {
      const restored = await restore(thread)
      if (restored.ok) await onUndo?.()
    }
    notifications.notify({ text: 'Thread deleted', detail: title, key: `delete-${thread}`, action: { label: 'Undo', run: undo } })
  }

  /** The messages of a thread as they stand, whether it is open or not. */
  async function readMessages(thread: ThreadId): Promise<Result<Message[], HoldfastError>> {
    const read = await readOnce(database, 'messages', { thread })
    return read.ok ? ok(read.value.messages) : read
  }

  return { threads, loaded, error, pinned, unpinned, showArchived, archived, patch, rename, setPinned, setArchived, remove, readMessages, restore }
})
