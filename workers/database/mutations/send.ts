import type { MessageId } from '~/shared/domain/ids'
import { fail } from '~/shared/errors'
import type { JsonValue } from '~/shared/domain/text'
import { partsToText } from '~/shared/domain/part'
import type { LocalChange } from '../local-write'
import { noteStop } from '../notes'
import { deletePending, pendingOfReply, putPending } from '../pending-run'
import { readMessage, readThread } from '../queries/rows'
import { readSendElsewhere } from '../waits-elsewhere'
import type { Mutation, MutationContext } from './mutation'
import { clipTitle } from './thread'

const emptyCell = { status: 'queued', parts: [], usage: null, error: null }

/** Thread first, then the message, then its reply: a parent precedes its child in the log (I11). */
export const send: Mutation<'send'> = (context, request) => {
  const { thread, message, reply, options, at } = request
  if (request.replaces) withdraw(context, request.replaces)
  const changes: LocalChange[] = []
  if (request.newThread) {
    changes.push({
      t: 'thread', k: thread,
      c: {
        ...request.newThread, title: clipTitle(request.newThread.title), pinned: 0, archived: 0, parent_thread: null, parent_message: null,
        deleted: 0, created_at: at, active_leaf: reply.id,
      },
    })
  } else {
    const before = readThread(context.db.driver, thread)
    if (!before) fail('not_found', 'this thread is not on this device')
    const c = { ...(options.summarize ? {} : { active_leaf: reply.id }), ...(before.deleted ? { deleted: 0 } : {}) }
    if (Object.keys(c).length > 0) changes.push({ t: 'thread', k: thread, c })
  }
  if (message) {
    changes.push({
      t: 'message', k: message.id,
      c: {
        thread, parent: message.parent, role: 'user', status: 'final', parts: message.parts as JsonValue, usage: null, error: null, model: null, run: null,
        deleted: 0, created_at: at,
      },
    })
  } else if (!readMessage(context.db.driver, reply.parent)) {
    fail('not_found', 'the message to answer is not on this device')
  }
  changes.push({
    t: 'message', k: reply.id,
    c: { thread, parent: reply.parent, role: options.summarize ? 'system' : 'assistant', ...emptyCell, model: options.model, run: reply.run, deleted: 0, created_at: at },
  })
  for (const { name, value } of request.settings ?? []) changes.push({ t: 'setting', k: name, c: { value } })
  context.write(changes)
  putPending(context.db.driver, { run: reply.run, thread, message: reply.id, parent: reply.parent, options, wrote: message?.id ?? null, tried: false, attempts: 0 })
  context.touch('pending_run')
  return {}
}

/** Takes a queued send back, also one that waits on another device: what it wrote is deleted, what was there before stays. Answers the text it would have sent. */
function withdraw({ db, write, touch }: MutationContext, replyId: MessageId): string {
  const pending = pendingOfReply(db.driver, replyId) ?? readSendElsewhere(db, replyId)
  if (!pending) fail('conflict', 'this message has been sent already')
  const message = pending.wrote ? readMessage(db.driver, pending.wrote) : undefined
  const changes: LocalChange[] = []
  const thread = readThread(db.driver, pending.thread)
  if (thread?.active_leaf === pending.message) changes.push({ t: 'thread', k: pending.thread, c: { active_leaf: message ? message.parent : pending.parent } })
  changes.push({ t: 'message', k: pending.message, c: { deleted: 1 } })
  if (message) changes.push({ t: 'message', k: message.id, c: { deleted: 1 } })
  write(changes)
  deletePending(db.driver, pending.run)
  // It may have arrived all the same: then it is stopped there.
  if (pending.tried) noteStop(db.driver, pending.run)
  touch('pending_run')
  return message ? partsToText(message.parts) : ''
}

export const cancelSend: Mutation<'cancel-send'> = (context, { reply }) => ({ text: withdraw(context, reply) })

/** The run id stays the placeholder's: if the other device sends after all, the server finds the run started. */
export const sendFromHere: Mutation<'send-from-here'> = ({ db, touch }, { reply, options }) => {
  const placeholder = readMessage(db.driver, reply)
  if (!placeholder || placeholder.deleted || placeholder.status !== 'queued') fail('conflict', 'this message is not waiting any more')
  const { thread, parent, run, model } = placeholder
  if (!parent || !run || !model) fail('invalid_request', 'this reply does not say what it answers')
  if (pendingOfReply(db.driver, reply)) return {}
  // Taken back later it goes whole, and is stopped: the other device may have sent it meanwhile.
  const { wrote = null, tried = false } = readSendElsewhere(db, reply) ?? {}
  putPending(db.driver, { run, thread, message: placeholder.id, parent, options: options ?? { model }, wrote, tried, attempts: 0 })
  touch('pending_run')
  return {}
}
