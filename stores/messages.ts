import { defineStore } from 'pinia'
import { computed, nextTick, reactive, ref, shallowRef, watch } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import { readOnce } from '~/stores/readOnce'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import { isTerminal, type Message } from '~/shared/domain/message'
import type { Thread } from '~/shared/domain/thread'
import type { HoldfastError } from '~/shared/errors'
import type { Conversation, PathRow, QueryAnswer } from '~/workers/api'
import { useRunsStore } from './runs'
import { useThreadsStore } from './threads'

/** With the message that was to be brought wherever it stands. */
export type ShownConversation = Conversation & { keep: MessageId | null }
export type ThreadState = 'loading' | 'present' | 'deleted' | 'unknown'

/** The last messages, as many as an opened thread shows and more. */
const atFirst = { from: null, around: null, keep: null, limit: 100 }

/** The open thread: what is looked at of the path through it that is shown. */
export const useMessagesStore = defineStore('messages', () => {
  const database = useNuxtApp().$database
  const runs = useRunsStore()
  const threads = useThreadsStore()

  const threadId = ref<ThreadId | null>(null)
  const state = ref<ThreadState>('loading')
  const thread = shallowRef<Thread | null>(null)
  const error = shallowRef<HoldfastError | null>(null)
  /** Where the shown path leads. It is this view's own: another device's choice of a version never moves it (sync.md §3). */
  const leaf = ref<MessageId | null>(null)
  /** The reply to what was sent here last, until it has been brought into view. */
  const sent = ref<MessageId | null>(null)
  /** Which part of the path is looked at; the words are those of the query. */
  const view = reactive<{ from: number | null, around: MessageId | null, keep: MessageId | null, limit: number }>({ ...atFirst })
  /** What of it is here; the last one stays while the next is on its way. */
  const shown = shallowRef<ShownConversation | null>(null)
  const spent = shallowRef<QueryAnswer<'spent'> | null>(null)
  const loaded = computed(() => shown.value !== null)
  const pending = computed(() => new Map(shown.value?.pending.map((entry) => [entry.reply, entry])))
  /** The last message of the path: what is written next hangs under it. */
  const end = computed(() => shown.value?.end ?? null)

  const known = new Map<MessageId, { text: string, row: PathRow }>()
  let waiting: ((answer: Conversation) => void)[] = []
  let stopWatching: (() => void)[] = []

  /** What did not change keeps its identity, so that its article is not drawn again. */
  function keepIdentity<A extends Conversation>(answer: A): A {
    const before = new Map(known)
    known.clear()
    const keep = (row: PathRow): PathRow => {
      const text = JSON.stringify(row)
      const old = before.get(row.message.id)
      const kept = old?.text === text ? old : { text, row }
      known.set(row.message.id, kept)
      return kept.row
    }
    return { ...answer, rows: answer.rows.map(keep), kept: answer.kept && keep(answer.kept) }
  }

  function take(answer: ShownConversation): void {
    const before = shown.value
    shown.value = keepIdentity(answer)
    // A view without a chosen leaf settles on what it shows first, so that a newer branch from elsewhere does not take its place.
    if (leaf.value === null || answer.target !== null) leaf.value = answer.end
    const open = new Set(answer.open.map(({ run }) => run))
    for (const { run, status } of answer.open) if (run && status === 'streaming') runs.follow(run)
    for (const { run } of before?.open ?? []) if (run && !open.has(run)) runs.forget(run)
    for (const { message: { run, status } } of answer.rows) if (run && isTerminal(status)) runs.forget(run)
  }

  watch(() => ({ id: threadId.value, leaf: leaf.value, ...view }), ({ id, ...asked }, _before, onCleanup) => {
    if (!id) return
    onCleanup(database.watch('conversation', { thread: id, ...asked }, (answer) => {
      take({ ...answer, keep: asked.keep })
      const answered = waiting
      waiting = []
      for (const tell of answered) tell(answer)
    }, fail))
  })

  function fail(failure: HoldfastError): void {
    error.value = failure
  }

  /** Opens a thread, at its end or at one of its messages. */
  function open(id: ThreadId, at: MessageId | null = null): void {
    if (threadId.value === id) return
    close()
    view.around = at
    stopWatching = [database.watch('thread', { id }, (answer) => {
      state.value = answer.state
      thread.value = answer.thread
      error.value = null
    }, fail)]
    threadId.value = id
  }

  // What it cost is worked out from all its messages, once the person sees the last ones.
  watch(() => loaded.value && threadId.value, (id, _before, onCleanup) => {
    spent.value = null
    if (!id) return
    let stop = (): void => {}
    const read = (round: number): void => {
      stop = database.watch('spent', { thread: id, round }, (answer) => {
        if (answer.complete) spent.value = answer
        else later = setTimeout(next, 0, round)
      })
    }
    const next = (round: number): void => {
      stop()
      read(round + 1)
    }
    let later = setTimeout(read, 100, 0)
    onCleanup(() => {
      clearTimeout(later)
      stop()
    })
  })

  function close(): void {
    for (const stop of stopWatching) stop()
    stopWatching = []
    waiting = []
    known.clear()
    threadId.value = null
    state.value = 'loading'
    thread.value = null
    shown.value = null
    leaf.value = null
    sent.value = null
    error.value = null
    Object.assign(view, atFirst)
  }

  /** A message of the path that is here. */
  const find = (id: MessageId): Message | undefined => known.get(id)?.row.message

  /** Shows the path through a message, here and as the thread's own choice; settles once it is shown. */
  async function show(message: MessageId): Promise<void> {
    const id = threadId.value
    if (!id) return
    const answered = new Promise<Conversation>((resolve) => waiting.push(resolve))
    Object.assign(view, { from: shown.value?.offset ?? null, around: null })
    leaf.value = message
    const answer = await answered
    if (threadId.value === id && answer.end) {
      leaf.value = answer.end
      void threads.patch(id, { active_leaf: answer.end })
    }
    await nextTick()
  }

  /** What one sends oneself is shown, wherever the view is. */
  function follow(reply: MessageId): void {
    sent.value = reply
    leaf.value = reply
  }

  /** Deletes a message; what hung under it moves up to its parent. */
  async function setDeleted(message: Message, deleted: boolean) {
    const answer = await database.call('delete-message', { ...newMutation(), message: message.id, deleted })
    if (answer.ok && threadId.value === message.thread) leaf.value = deleted && leaf.value === message.id ? message.parent : deleted ? leaf.value : message.id
    return answer
  }

  /** The ids of the messages down to one. */
  const pathTo = (id: ThreadId, message: MessageId) => readOnce(database, 'path-ids', { thread: id, leaf: message })
  /** So many messages of the shown path from a number on, to be read once. */
  const readPath = (id: ThreadId, from: number, limit: number) => readOnce(database, 'conversation', { thread: id, leaf: leaf.value, from, limit })

  return { threadId, state, thread, shown, spent, loaded, pending, error, leaf, sent, view, end, open, close, find, show, follow, setDeleted, pathTo, readPath }
})
