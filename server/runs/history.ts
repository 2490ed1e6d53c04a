import { summaryInstruction, summaryToContent } from '~/shared/domain/history'
import { isSummary, isTerminal } from '~/shared/domain/message'
import { isFilePart, partsToText, type Part } from '~/shared/domain/part'
import { replyToText } from '~/shared/domain/thinking'
import { fail, HoldfastException } from '~/shared/errors'
import { createContentParts } from '../blobs/to-content-part'
import type { ChatMessage, ContentPart } from '../openrouter/chat-request'
import type { MessageRow } from './message-row'

export interface HistoryOptions {
  systemPrompt: string | null
  /** Oldest first, the message that is answered last. */
  path: readonly MessageRow[]
  /** Ids that are left out. */
  omit: ReadonlySet<string>
  /** Text of an unfinished reply that the model goes on from. */
  continued: string
  /** Text that stands in place of the messages before `path`. */
  summary: string
  /** The reply is to be a summary: the thread's own prompt is for its conversation and stays away. */
  summarize: boolean
  load(sha256: string): Promise<Uint8Array | null>
}

/**
 * The messages that the model gets: the system prompt, a summary of the start if there is one, the live ancestors, and the beginning of a reply that is continued. A file of the
 * message that is answered which no model takes is a typed error; one further up, where it would block the thread for good, is named instead.
 */
export async function buildHistory({ systemPrompt, path, omit, continued, summary, summarize, load }: HistoryOptions): Promise<ChatMessage[]> {
  const answered = summarize ? undefined : path.at(-1)
  const toContent = createContentParts()
  const messages: ChatMessage[] = continued ? [{ role: 'assistant', content: continued }] : []
  // Newest first: what the files of one request may take together belongs to the latest ones.
  for (const message of path.toReversed()) {
    if (omit.has(message.id)) continue
    const role = message.role ?? 'user'
    const files = { load, toContent, required: message === answered }
    const content = role === 'user' ? await userContent(message.parts, files) : replyToText(message.parts)
    // A reply that failed before its first word has nothing to say.
    if (content.length > 0) messages.push({ role, content })
  }
  if (summary) messages.push({ role: 'system', content: summaryToContent(summary) })
  if (systemPrompt?.trim() && !summarize) messages.push({ role: 'system', content: systemPrompt })
  messages.reverse()
  return summarize ? [...messages, { role: 'user', content: summaryInstruction }] : messages
}

/** Takes what a summary covers off a path. One that is no summary, or covers nothing of this path, is a conflict. */
export function applySummary(path: readonly MessageRow[], summary: MessageRow | null, summarize: boolean): { path: MessageRow[], summary: string } {
  const text = summary && isSummary(summary) && summary.deleted !== 1 && isTerminal(summary.status) ? partsToText(summary.parts) : ''
  const covers = path.findIndex(({ id }) => id === summary?.parent) + 1
  // The message that is answered is never behind a summary.
  if (!text || covers === 0 || (covers === path.length && !summarize)) fail('conflict', 'The summary does not belong to these messages.')
  return { path: path.slice(covers), summary: text }
}

interface Files { load: HistoryOptions['load'], toContent: ReturnType<typeof createContentParts>, required: boolean }

async function userContent(parts: readonly Part[], { load, toContent, required }: Files): Promise<string | ContentPart[]> {
  const text = partsToText(parts)
  const files = parts.filter(isFilePart)
  if (files.length === 0) return text
  const content: ContentPart[] = text ? [{ type: 'text', text }] : []
  for (const file of files) {
    const bytes = await load(file.sha256)
    const part = bytes && toContent(file, bytes)
    if (part && !part.ok && required) throw new HoldfastException(part.error)
    // The model is told the name of what it does not get, so that it does not guess.
    content.push(part?.ok ? part.value : { type: 'text', text: part ? `[The file ${file.name} is left out: ${part.error.message}.]` : `[The file ${file.name} is not available.]` })
  }
  return content
}

/** An unfinished reply as the beginning of its continuation: blanks at the end would make some providers refuse it. */
export function partsToContinue(parts: readonly Part[]): { before: Part[], text: string } {
  const before = parts.filter((part) => !part.type.startsWith('tool-'))
  const last = before.at(-1)
  if (last?.type === 'text' && 'text' in last && typeof last.text === 'string') before[before.length - 1] = { ...last, text: last.text.trimEnd() }
  return { before, text: partsToText(before).trimEnd() }
}
