import { html, type Html } from './html'
import { messageAnchor } from './message-html'
import type { MessageView } from './model'

const firstLine = (message: MessageView): string => {
  for (const part of message.parts) {
    if (part.kind !== 'text') continue
    const line = part.text.trim().split('\n', 1)[0] ?? ''
    if (line) return line.length > 90 ? `${line.slice(0, 90).trimEnd()}…` : line
  }
  return message.parts.some((part) => part.kind === 'file') ? 'Attachment' : 'Message'
}

/** The way through a long session: one link per message of the person who asked. `from` is the index of the first one. */
export function navigatorToHtml(messages: readonly MessageView[], from: number): Html {
  const asked = messages.map((message, index) => ({ message, index: from + index })).filter(({ message }) => message.role === 'user' && message.parts.some((part) => part.kind !== 'note'))
  return html`<ol>${asked.map(({ message, index }) => html`<li><a href="#${messageAnchor(index)}">${firstLine(message)}</a></li>`)}</ol>`
}
