import { fenceFor, oneLine, sourceToMarkdown } from '~/shared/domain/markdown-text'
import { formatDuration, formatNumber, formatTime } from './format'
import type { MessageView, ShareView } from './model'
import type { PartView } from './part'

/** The share as Markdown, for reading and for handing to another model, in pieces. */
export function* viewToMarkdown(view: ShareView): Generator<string> {
  yield joined([
    `# ${oneLine(view.title)}`, '',
    `Shared from ${view.source}. Created ${formatTime(view.created)}, updated ${formatTime(view.updated)}.`,
    `${formatNumber(view.messages.length)} messages, ${formatNumber(view.tokensIn)} tokens in, ${formatNumber(view.tokensOut)} out.`,
  ])
  for (const message of view.messages) yield `\n${joined(messageToLines(message))}`
}

/** Lines as a text that ends with one. */
const joined = (lines: readonly string[]): string => `${lines.join('\n').replace(/\n{3,}/g, '\n\n').trim()}\n`

function messageToLines(message: MessageView): string[] {
  const facts = [message.model, message.created === null ? '' : formatTime(message.created)].filter(Boolean).map(oneLine).join(', ')
  const lines = [`## ${message.role === 'user' ? 'You' : 'Assistant'}${facts ? ` (${facts})` : ''}`, '']
  for (const part of message.parts) lines.push(...partToLines(part), '')
  for (const diff of message.diffs) lines.push(`Changed \`${oneLine(diff.file)}\`: +${diff.additions} −${diff.deletions}`, '')
  if (message.error) lines.push(`> Stopped: ${oneLine(message.error)}`)
  return lines
}

function partToLines(part: PartView): string[] {
  switch (part.kind) {
    case 'text':
      return [part.text.trim()]
    case 'reasoning':
      return ['<details><summary>Reasoning</summary>', '', part.text.trim(), '', '</details>']
    case 'tool':
      return [
        `**${oneLine(part.name)}** ${oneLine(part.title)} (${oneLine(part.state)}${part.ms === null ? '' : `, ${formatDuration(part.ms)}`})`.replace('  ', ' '),
        '', ...fenced(typeof part.input === 'string' ? part.input : JSON.stringify(part.input ?? {}, null, 2), 'json'), ...fenced(part.error || part.output, ''),
      ]
    case 'file':
      return [`Attachment: ${oneLine(part.name)} ${oneLine(part.mime)}`.trim()]
    case 'link':
      return [sourceToMarkdown(part.title, part.url)]
    case 'note':
      return [`*${oneLine(part.text)}*`]
    case 'unknown':
      return [`**${oneLine(part.type)}**`, '', ...fenced(JSON.stringify(part.data, null, 2), 'json')]
  }
}

function fenced(text: string, language: string): string[] {
  if (!text.trim()) return []
  const fence = fenceFor(text)
  return [`${fence}${language}`, text.replace(/\n$/, ''), fence, '']
}
