/** What a person did and saw done on any of their devices: what must stand on all of them in the end. */
export class Ledger {
  /** Messages that were seen on a page, with their threads. */
  readonly said = new Map<string, string>()
  /** Deleted on purpose and not brought back. */
  readonly withdrawn = new Set<string>()
  /** The browser was killed before the page said anything, or an edit took the place of a message that may have been on its way. */
  readonly doubtful = new Set<string>()
  readonly deletedThreads = new Set<string>()
  readonly titles = new Map<string, string>()
  readonly pins = new Map<string, boolean>()
  private last = 0

  /** Words that no other message has. */
  nextText(): string {
    return `note ${String(++this.last).padStart(4, '0')} of the kiln and the tide`
  }
}

export interface ExportedMessage { id: string, thread: string, parent: string | null, role: string, status: string, run: string | null, parts: { type: string, text?: string }[] }
export interface Exported { threads: { id: string, title: string, pinned: boolean }[], messages: ExportedMessage[] }

export const textOf = (message: ExportedMessage): string => message.parts.map(({ text = '' }) => text).join('')

/** Where an export contradicts the ledger, in words; empty when nothing does. */
export function contradictions(ledger: Ledger, { threads, messages }: Exported): string[] {
  const found: string[] = []
  const own = messages.filter(({ role }) => role === 'user').map(textOf)
  const counts = new Map<string, number>()
  for (const text of own) counts.set(text, (counts.get(text) ?? 0) + 1)
  for (const [text, count] of counts) if (count > 1) found.push(`there ${count} times: ${text}`)
  for (const [text, thread] of ledger.said) {
    const there = counts.has(text)
    if (ledger.doubtful.has(text) || ledger.deletedThreads.has(thread)) continue
    if (ledger.withdrawn.has(text) && there) found.push(`deleted, and there: ${text}`)
    if (!ledger.withdrawn.has(text) && !there) found.push(`lost: ${text} of ${thread}`)
  }
  const byId = new Map(threads.map((thread) => [thread.id, thread]))
  for (const [id, title] of ledger.titles) {
    const thread = byId.get(id)
    if (thread && thread.title !== title) found.push(`thread ${id} is called ${thread.title}, not ${title}`)
  }
  for (const [id, pinned] of ledger.pins) {
    const thread = byId.get(id)
    if (thread && thread.pinned !== pinned) found.push(`thread ${id} is pinned: ${thread.pinned}`)
  }
  const asked = new Map(messages.map((message) => [message.id, message]))
  for (const reply of messages.filter(({ role }) => role === 'assistant')) {
    const question = reply.parent ? asked.get(reply.parent) : undefined
    const text = textOf(reply)
    if (reply.status === 'final' && question && text !== textOf(question)) found.push(`a reply says ${text} to ${textOf(question)}`)
    else if (reply.status === 'interrupted' && question && !textOf(question).startsWith(text)) found.push(`an interrupted reply says ${text} to ${textOf(question)}`)
    else if (reply.status !== 'final' && reply.status !== 'interrupted' && question) found.push(`a reply to ${textOf(question)} is ${reply.status}`)
  }
  return found
}
