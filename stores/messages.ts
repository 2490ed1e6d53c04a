import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import { isTerminal, type Message } from '~/shared/domain/message'
import type { Thread } from '~/shared/domain/thread'
import { createTree } from '~/shared/domain/tree'
import type { HoldfastError } from '~/shared/errors'
import type { Pending } from '~/workers/api'
import { useRunsStore } from './runs'
import { useThreadsStore } from './threads'

export type ThreadState = 'loading' | 'present' | 'deleted' | 'unknown'

/** The open thread: its messages as a tree, and the path through it that is shown. */
export const useMessagesStore = defineStore('messages', () => {
  const database = useNuxtApp().$database
  const runs = useRunsStore()
  const threads = useThreadsStore()

  const threadId = ref<ThreadId | null>(null)
  const state = ref<ThreadState>('loading')
  const thread = shallowRef<Thread | null>(null)
  const messages = shallowRef<Message[]>([])
  const loaded = ref(false)
  const pending = shallowRef<ReadonlyMap<MessageId, Pending>>(new Map())
  const error = shallowRef<HoldfastError | null>(null)
  /** Where the shown path leads. It is this view's own: another device's choice of a version never moves it (sync.md §3). */
  const leaf = ref<MessageId | null>(null)

  const tree = computed(() => createTree(messages.value))
  const path = computed(() => {
    const end = leaf.value ? tree.value.get(leaf.value) : undefined
    return tree.value.pathTo(end && !end.deleted ? tree.value.leafBelow(end.id) : null)
  })

  let stopWatching: (() => void)[] = []
  const known = new Map<MessageId, { text: string, message: Message }>()

  /** Rows that did not change keep their identity, so that their articles are not drawn again. */
  function keepIdentity(rows: Message[]): Message[] {
    return rows.map((row) => {
      const text = JSON.stringify(row)
      const before = known.get(row.id)
      if (before?.text === text) return before.message
      known.set(row.id, { text, message: row })
      return row
    })
  }

  function open(id: ThreadId): void {
    if (threadId.value === id) return
    close()
    threadId.value = id
    const fail = (failure: HoldfastError): void => {
      error.value = failure
    }
    stopWatching = [
      database.watch('thread', { id }, (answer) => {
        state.value = answer.state
        thread.value = answer.thread
        error.value = null
        leaf.value ??= answer.thread?.active_leaf ?? null
      }, fail),
      database.watch('messages', { thread: id }, (answer) => {
        messages.value = keepIdentity(answer.messages)
        pending.value = new Map(answer.pending.map((entry) => [entry.reply, entry]))
        loaded.value = true
        followRuns(answer.messages)
      }, fail),
    ]
  }

  function close(): void {
    for (const stop of stopWatching) stop()
    stopWatching = []
    known.clear()
    threadId.value = null
    state.value = 'loading'
    thread.value = null
    messages.value = []
    pending.value = new Map()
    loaded.value = false
    leaf.value = null
    error.value = null
  }

  function followRuns(rows: readonly Message[]): void {
    for (const { run, status } of rows) {
      if (!run) continue
      if (status === 'streaming') runs.follow(run)
      else if (isTerminal(status)) runs.forget(run)
    }
  }

  // A view without a chosen leaf settles on what it shows first, so that a newer branch from elsewhere does not take its place.
  watch([path, thread], ([shown, present]) => {
    if (present && leaf.value === null) leaf.value = shown.at(-1)?.id ?? null
  })

  /** Shows the path through a message, here and as the thread's own choice. */
  function show(message: MessageId): void {
    leaf.value = tree.value.get(message) ? tree.value.leafBelow(message) : message
    if (threadId.value) void threads.patch(threadId.value, { active_leaf: leaf.value })
  }

  /** Deletes a message; what hung under it moves up to its parent. */
  async function setDeleted(message: Message, deleted: boolean) {
    const answer = await database.call('delete-message', { ...newMutation(), message: message.id, deleted })
    if (answer.ok && threadId.value === message.thread) leaf.value = deleted && leaf.value === message.id ? message.parent : deleted ? leaf.value : message.id
    return answer
  }

  return { threadId, state, thread, messages, loaded, pending, error, leaf, tree, path, open, close, show, setDeleted }
})
