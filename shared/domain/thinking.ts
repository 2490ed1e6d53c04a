import type { Message } from './message'
import { isTextPart, partsToText, type Part } from './part'

interface Piece { type: 'text' | 'reasoning', text: string }

const opener = /[^\S\n]*<(think|thinking)>/iy
const fence = /^ {0,3}(`{3,}|~{3,})/
const tags = ['<think>', '<thinking>', '</think>', '</thinking>']

/** The text without the beginning of a tag at its end: what it is shows with the next letters. */
function withoutHalfTag(text: string): string {
  const at = text.lastIndexOf('<')
  const half = text.slice(at).toLowerCase()
  const isHalf = at !== -1 && tags.some((tag) => tag.startsWith(half) && tag !== half)
  return isHalf && (half.startsWith('</') || /^\s*$/.test(text.slice(text.lastIndexOf('\n', at) + 1, at))) ? text.slice(0, at) : text
}

/**
 * What a model thought aloud within its text, as `<think>…</think>` or `<thinking>` at the start of a line and outside code, apart from what it said.
 * One that is not ended goes to the end. While the text grows, a half tag at its end is left out.
 */
export function splitThinking(text: string, grows = false): Piece[] {
  if (!/<think/i.test(text)) return [{ type: 'text', text: grows ? withoutHalfTag(text) : text }]
  const whole = grows ? withoutHalfTag(text) : text
  const pieces: Piece[] = []
  const say = (words: string): void => void (words.trim() && pieces.push({ type: 'text', text: words.replace(/\n$/, '') }))
  let from = 0
  let code: string | null = null
  for (let at = 0; at < whole.length;) {
    opener.lastIndex = at
    const found = code === null ? opener.exec(whole) : null
    if (found) {
      say(whole.slice(from, at))
      const start = opener.lastIndex
      const end = new RegExp(`</${found[1]}>\\s*?(?:\\n\\s*|$)|</${found[1]}>`, 'ig')
      end.lastIndex = start
      const ended = end.exec(whole)
      const thought = whole.slice(start, ended?.index ?? whole.length).trim()
      if (thought || !ended) pieces.push({ type: 'reasoning', text: thought })
      at = from = ended ? end.lastIndex : whole.length
      continue
    }
    const next = whole.indexOf('\n', at)
    const line = whole.slice(at, next === -1 ? whole.length : next)
    const mark = fence.exec(line)?.[1]
    if (code === null) code = mark ?? null
    else if (mark?.startsWith(code) && line.trim() === mark) code = null
    at = next === -1 ? whole.length : next + 1
  }
  say(whole.slice(from))
  return pieces
}

/** The parts of a reply as they are shown: thinking that stands in a text is reasoning. `grows`: the last part is still being written. */
export function partsToShow(parts: readonly Part[], grows = false): Part[] {
  return parts.flatMap((part, index): Part[] => (isTextPart(part) ? splitThinking(part.text, grows && index === parts.length - 1).map((piece) => ({ ...part, ...piece })) : [part]))
}

/** The parts of any message as they are shown; a person's own tags are what they wrote. */
export const messageToParts = ({ role, parts }: Pick<Message, 'role' | 'parts'>, grows = false): Part[] => (role === 'assistant' ? partsToShow(parts, grows) : parts)

/** What a reply says, without what was thought. */
export const replyToText = (parts: readonly Part[]): string => partsToText(partsToShow(parts))
