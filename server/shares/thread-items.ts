import type { Message } from '~/shared/domain/message'
import { isFilePart, isReasoningPart, isSourcePart, isTextPart, isToolPart, type Part } from '~/shared/domain/part'
import { redactJson } from '~/shared/domain/redaction'
import { messageToParts } from '~/shared/domain/thinking'
import type { Thread } from '~/shared/domain/thread'
import type { ThreadShareOptions } from '~/shared/protocol/share'
import { itemToKey } from './item'
import type { Pictures } from './pictures'
import { isRecord } from './record'
import type { StoredItem } from './store'
import type { Item } from './wire'

/**
 * A thread in the words of an agent's session, so that one viewer, one download and one `import` serve both. `path` is what is shown,
 * oldest first. The system prompt, other branches, deleted messages and unsent ones are not in it.
 */
export function threadToItems(thread: Thread, path: readonly Message[], options: ThreadShareOptions, pictures: Pictures): StoredItem[] {
  const start = options.fromMessageId ? Math.max(path.findIndex((message) => message.id === options.fromMessageId), 0) : 0
  const shown = path.slice(start).filter((message) => message.role !== 'system' && message.status !== 'queued' && (options.live || message.status !== 'streaming'))
  const updated = shown.reduce((latest, message) => Math.max(latest, message.created_at), thread.created_at)
  const items: Item[] = [
    { type: 'session', data: { id: thread.id, title: thread.title, version: 'holdfast', live: options.live, time: { created: thread.created_at, updated } } },
  ]
  shown.forEach((message, position) => {
    items.push({ type: 'message', data: messageToData(message, position) })
    messageToParts(message, message.status === 'streaming').forEach((part, index) => {
      const data = partToData(part, options, pictures)
      if (data) items.push({ type: 'part', data: { id: `prt_${String(index).padStart(5, '0')}`, messageID: message.id, sessionID: thread.id, ...data } })
    })
  })
  return items.map((item) => {
    const key = itemToKey(item)
    if (key === null) throw new Error('a thread\'s item has no key')
    return { key, type: item.type, data: JSON.stringify(redactShown(item.data, options)) }
  })
}

function messageToData({ id, thread, parent, role, status, model, usage, error, created_at }: Message, position: number): Record<string, unknown> {
  const shared = { id, sessionID: thread, role, position, time: { created: created_at, ...(status === 'streaming' ? {} : { completed: created_at }) } }
  if (role === 'user') return { ...shared, ...(model ? { model: { providerID: 'openrouter', modelID: model } } : {}) }
  return {
    ...shared, parentID: parent, providerID: 'openrouter', modelID: model ?? '', status,
    ...(usage ? { tokens: { input: usage.promptTokens, output: usage.completionTokens, reasoning: usage.reasoningTokens ?? 0, cache: { read: usage.cachedTokens ?? 0, write: 0 } }, cost: usage.cost ?? 0 } : {}),
    // The provider's own words stay with the owner.
    ...(error ? { error: { name: error.code, data: { message: error.message } } } : {}),
  }
}

function partToData(part: Part, { hideReasoning, hideAttachments }: ThreadShareOptions, pictures: Pictures): Record<string, unknown> | null {
  if (isTextPart(part)) return { type: 'text', text: part.text }
  if (isReasoningPart(part)) return hideReasoning ? null : { type: 'reasoning', text: part.text }
  if (isFilePart(part)) return hideAttachments ? null : { type: 'file', mime: part.mime, filename: part.name, size: part.size, url: pictures.get(part.sha256) ?? '' }
  if (isSourcePart(part)) return { type: 'source', url: part.url, title: part.title ?? '' }
  if (isToolPart(part)) return { type: 'tool', tool: part.type.slice('tool-'.length), callID: part.toolCallId ?? '', state: { status: 'completed', input: part.input ?? {}, output: part.output ?? '' } }
  return null
}

const structure = new Set(['id', 'sessionID', 'messageID', 'parentID', 'type', 'role', 'time', 'tokens', 'version', 'status'])

/** Redacts what is read, and leaves the ids and kinds that hold the share together, and the bytes of pictures. */
function redactShown(data: unknown, { redactions }: ThreadShareOptions): unknown {
  if (redactions.length === 0 || !isRecord(data)) return data
  return Object.fromEntries(Object.entries(data).map(([name, value]) => {
    if (structure.has(name) || (name === 'url' && typeof value === 'string' && value.startsWith('data:'))) return [name, value]
    return [name, name === 'state' && isRecord(value) ? { ...redactJson(value, redactions), status: value.status } : redactJson(value, redactions)]
  }))
}
