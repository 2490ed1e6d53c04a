import { defineStore } from 'pinia'
import { useNuxtApp } from '#app'
import { newMessageId, newMutation, newRunId, newThreadId } from '~/stores/newId'
import { historyName, type HistoryChoice } from '~/shared/domain/history'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Part } from '~/shared/domain/part'
import { optionsName, type ReplyOptions } from '~/shared/domain/reply-options'
import { textToTitle } from '~/shared/domain/thread'
import type { HoldfastError } from '~/shared/errors'
import { ok, type Result } from '~/shared/result'
import type { CallAnswer, StoredRunOptions } from '~/workers/api'
import { useMessagesStore } from './messages'
import { newChat } from './replyOptions'

type Answer<T = object> = Promise<Result<T, HoldfastError>>

/** Everything that asks for a reply: each is one call that writes message, placeholder and pending run together. */
export const useSendsStore = defineStore('sends', () => {
  const database = useNuxtApp().$database
  const messages = useMessagesStore()

  /** Starts a thread with its first message and answers its id once it is in the local database. What was chosen for the new chat becomes the thread's. */
  async function startThread(parts: Part[], text: string, options: StoredRunOptions, { system_prompt, ...chosen }: ReplyOptions): Answer<ThreadId> {
    const thread = newThreadId()
    const message = newMessageId()
    const answer = await database.call('send', {
      ...newMutation(),
      thread,
      newThread: { title: textToTitle(text), model: options.model, system_prompt: system_prompt ?? null },
      message: { id: message, parent: null, parts },
      reply: { id: newMessageId(), run: newRunId(), parent: message },
      options,
      settings: [
        ...(Object.keys(chosen).length > 0 ? [{ name: optionsName(thread), value: chosen }] : []),
        ...(system_prompt || Object.keys(chosen).length > 0 ? [{ name: optionsName(newChat), value: null }] : []),
      ],
    })
    return answer.ok ? ok(thread) : answer
  }

  /** A message under `parent`: the next one of a thread, or a new version of a sent one. `replaces` is the placeholder of a queued send. */
  async function send(thread: ThreadId, message: { parent: MessageId | null, parts: Part[], replaces?: MessageId }, options: StoredRunOptions): Answer {
    const id = newMessageId()
    const reply = newMessageId()
    const answer = await database.call('send', {
      ...newMutation(),
      thread,
      message: { id, parent: message.parent, parts: message.parts },
      reply: { id: reply, run: newRunId(), parent: id },
      replaces: message.replaces,
      options,
    })
    if (answer.ok && messages.threadId === thread) messages.follow(reply)
    return answer
  }

  /** A new version of a reply. `continueFrom` takes along the text of the version that was cut short. */
  async function retry(reply: Message, options: StoredRunOptions): Answer {
    return reply.parent ? ask({ id: reply.parent, thread: reply.thread }, options) : ok({})
  }

  /** A reply to a message that is there already. */
  async function ask(message: Pick<Message, 'id' | 'thread'>, options: StoredRunOptions): Answer {
    const id = newMessageId()
    const answer = await database.call('send', {
      ...newMutation(),
      thread: message.thread,
      reply: { id, run: newRunId(), parent: message.id },
      options,
    })
    if (answer.ok && messages.threadId === message.thread) messages.follow(id)
    return answer
  }

  /** A run that writes a summary of everything down to `upTo`, and the choice that it is for. */
  async function summarise(thread: ThreadId, upTo: MessageId, options: StoredRunOptions, choice: HistoryChoice): Answer {
    return database.call('send', {
      ...newMutation(),
      thread,
      reply: { id: newMessageId(), run: newRunId(), parent: upTo },
      options: { ...options, summarize: true },
      settings: [{ name: historyName(thread), value: choice }],
    })
  }

  /** Copies the path down to a message into a new thread and answers its id. */
  async function branch(message: Message, source: readonly MessageId[]): Answer<ThreadId> {
    const thread = newThreadId()
    const answer = await database.call('branch-thread', { ...newMutation(), thread, source: message.id, path: [...source], ids: source.map(() => newMessageId()) })
    return answer.ok ? ok(thread) : answer
  }

  const cancel = (reply: MessageId): Answer<CallAnswer<'cancel-send'>> => database.call('cancel-send', { ...newMutation(), reply })
  const sendFromHere = (reply: MessageId, options: StoredRunOptions): Answer => database.call('send-from-here', { ...newMutation(), reply, options })

  return { startThread, send, retry, ask, summarise, branch, cancel, sendFromHere }
})
