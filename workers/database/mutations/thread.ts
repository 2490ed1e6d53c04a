import { fail } from '~/shared/errors'
import { isTerminal, type Message } from '~/shared/domain/message'
import { optionsName } from '~/shared/domain/reply-options'
import { cleanText, type JsonValue } from '~/shared/domain/text'
import { limits } from '~/shared/limits'
import type { LocalChange } from '../local-write'
import { readMessage, readSetting, readThread } from '../queries/rows'
import type { Mutation } from './mutation'

/** A title that is too long is cut, never refused. */
export const clipTitle = (title: string): string => cleanText(title).slice(0, limits.titleLength)

const flag = (value: boolean) => (value ? 1 : 0)

export const patchThread: Mutation<'patch-thread'> = ({ db, write }, { thread, patch }) => {
  if (!readThread(db.driver, thread)) fail('not_found', 'this thread is not on this device')
  const { pinned, archived, deleted, title, ...rest } = patch
  const c: Record<string, JsonValue> = {
    ...rest,
    ...(title === undefined ? {} : { title: clipTitle(title) }),
    ...(pinned === undefined ? {} : { pinned: flag(pinned) }),
    ...(archived === undefined ? {} : { archived: flag(archived) }),
    ...(deleted === undefined ? {} : { deleted: flag(deleted) }),
  }
  if (Object.keys(c).length > 0) write([{ t: 'thread', k: thread, c }])
  return {}
}

export const deleteMessage: Mutation<'delete-message'> = ({ db, write }, { message, deleted }) => {
  if (!readMessage(db.driver, message)) fail('not_found', 'this message is not on this device')
  write([{ t: 'message', k: message, c: { deleted: flag(deleted) } }])
  return {}
}

/** Copies have no run: what they cost was counted where they were made. A reply that still streams is left out, for nothing would end the copy. */
export const branchThread: Mutation<'branch-thread'> = ({ db, write }, { thread, source, path, ids, at }) => {
  const messages: Message[] = []
  for (const id of path) {
    const message = readMessage(db.driver, id)
    if (message && !message.deleted && isTerminal(message.status)) messages.push(message)
  }
  const first = messages[0]
  const origin = first && readThread(db.driver, first.thread)
  if (!first || !origin) fail('not_found', 'there is nothing to branch from on this device')
  if (ids.length < messages.length) fail('invalid_request', 'every copy needs an id')
  const changes: LocalChange[] = [{
    t: 'thread', k: thread,
    c: {
      title: origin.title, pinned: 0, archived: 0, model: origin.model, system_prompt: origin.system_prompt, active_leaf: ids[messages.length - 1]!,
      parent_thread: origin.id, parent_message: source, deleted: 0, created_at: at,
    },
  }]
  const options = readSetting(db.driver, optionsName(origin.id))
  if (options !== null) changes.push({ t: 'setting', k: optionsName(thread), c: { value: options } })
  messages.forEach((message, i) => changes.push({
    t: 'message', k: ids[i]!,
    c: {
      thread, parent: i === 0 ? null : ids[i - 1]!, role: message.role, status: message.status, parts: message.parts as JsonValue,
      usage: message.usage as JsonValue, error: message.error as JsonValue, model: message.model, run: null, deleted: 0, created_at: message.created_at,
    },
  }))
  write(changes)
  return {}
}

export const setLabel: Mutation<'set-label'> = ({ write }, { thread, name, on }) => {
  write([{ t: 'label', k: `${thread}:${name}`, c: { thread, name, on: flag(on) } }])
  return {}
}
