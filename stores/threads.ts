import { defineStore } from 'pinia'
import { computed, reactive, shallowRef, watch } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import { readOnce } from '~/stores/readOnce'
import { errorToWords } from '~/stores/errorWords'
import { midnightBefore } from '~/shared/domain/day-groups'
import type { ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Thread } from '~/shared/domain/thread'
import type { HoldfastError } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { ok, type Result } from '~/shared/result'
import type { QueryParams, ThreadPatch, ThreadRow, ThreadWindow } from '~/workers/api'
import { useNotificationsStore } from './notifications'

/** Which part of which list the sidebar looks at. */
type ThreadView = Required<QueryParams<'thread-window'>>
export type ShownThreads = ThreadWindow & Pick<ThreadView, 'list' | 'keep'>

/** The threads of the sidebar, and what can be done to a thread as a whole. */
export const useThreadsStore = defineStore('threads', () => {
  const database = useNuxtApp().$database
  const notifications = useNotificationsStore()

  const view = reactive<ThreadView>({ list: 'open', today: midnightBefore(Date.now()), offset: 0, limit: 100, keep: null })
  /** What of the list is in view and near it; null until it is here. The last one stays while the next is on its way. */
  const shown = shallowRef<ShownThreads | null>(null)
  /** How far each list was scrolled, in px: they come and go with a search. */
  const places = { open: 0, archived: 0 }
  const error = shallowRef<HoldfastError | null>(null)
  const known = new Map<ThreadId, { text: string, row: ThreadRow }>()

  /** Rows that did not change keep their identity, so that they are not drawn again. */
  function keepIdentity(rows: readonly ThreadRow[]): ThreadRow[] {
    const before = new Map(known)
    known.clear()
    return rows.map((row) => {
      const text = JSON.stringify(row)
      const old = before.get(row.id)
      const kept = old?.text === text ? old : { text, row }
      known.set(row.id, kept)
      return kept.row
    })
  }

  watch(() => ({ ...view }), (asked, _before, onCleanup) => {
    if (shown.value?.list !== asked.list) shown.value = null
    onCleanup(database.watch('thread-window', asked, (answer) => {
      shown.value = { ...answer, list: asked.list, keep: asked.keep, rows: keepIdentity(answer.rows) }
      error.value = null
    }, (failure) => {
      error.value = failure
    }))
  }, { immediate: true })

  const showArchived = computed({
    get: () => view.list === 'archived',
    set: (archived) => Object.assign(view, { list: archived ? 'archived' : 'open', offset: 0, keep: null }),
  })

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

  /** A thread as it stands, with what no list of threads brings; null for one that is not here. */
  async function read(thread: ThreadId): Promise<Result<Thread | null, HoldfastError>> {
    const answer = await readOnce(database, 'thread', { id: thread })
    return answer.ok ? ok(answer.value.thread) : answer
  }

  /** The messages of a thread as they stand, whether it is open or not. */
  async function readMessages(thread: ThreadId): Promise<Result<Message[], HoldfastError>> {
    const read = await readOnce(database, 'messages', { thread })
    return read.ok ? ok(read.value.messages) : read
  }

  return { view, shown, places, error, showArchived, patch, rename, setPinned, setArchived, remove, read, readMessages, restore }
})
