import { isFilePart, isReasoningPart, isSourcePart, isTextPart, isToolPart, type Part } from '~/shared/domain/part'
import { fenceFor, oneLine, sourceToMarkdown } from '~/shared/domain/markdown-text'
import type { Message } from '~/shared/domain/message'
import type { Thread } from '~/shared/domain/thread'
import { messageToParts } from '~/shared/domain/thinking'
import { createTree } from '~/shared/domain/tree'

function fenced(text: string): string {
  const fence = fenceFor(text)
  return `${fence}\n${text}\n${fence}`
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))

function partToMarkdown(part: Part): string {
  if (isTextPart(part)) return part.text.trim()
  if (isReasoningPart(part)) return `<details><summary>Reasoning</summary>\n\n${part.text.trim()}\n\n</details>`
  if (isFilePart(part)) return `Attachment: ${oneLine(part.name)} (${part.mime})`
  if (isSourcePart(part)) return sourceToMarkdown(part.title ?? part.url, part.url)
  if (!isToolPart(part)) return fenced(asText(part))
  return [`**${part.type.slice('tool-'.length)}**`, ...[part.input, part.output].filter((value) => value !== undefined).map((value) => fenced(asText(value)))].join('\n\n')
}

/** A thread as it is shown, as Markdown: every message of the path with who wrote it, by which model and when. */
export function threadToMarkdown({ title, active_leaf }: Pick<Thread, 'title' | 'active_leaf'>, messages: readonly Message[], nameOf: (model: string) => string): string {
  const blocks = [`# ${oneLine(title) || 'Untitled'}`]
  for (const message of createTree(messages).pathTo(active_leaf)) {
    const facts = [message.model && message.role === 'assistant' ? nameOf(message.model) : '', new Date(message.created_at).toISOString()].filter(Boolean)
    blocks.push(`## ${message.role === 'user' ? 'You' : 'Assistant'} (${facts.map(oneLine).join(', ')})`)
    blocks.push(...messageToParts(message).map(partToMarkdown).filter(Boolean))
    if (message.error) blocks.push(`> ${oneLine(message.error.message)}`)
  }
  return `${blocks.join('\n\n')}\n`
}
