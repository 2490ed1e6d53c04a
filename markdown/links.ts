import type MarkdownIt from 'markdown-it'

const safeSchemes: readonly string[] = ['http:', 'https:', 'mailto:']

/**
 * A link may lead to the web or to a mailbox and nowhere else: what has another scheme, or none, stays text.
 * The address is read as a browser reads it, so that white space and control characters inside a scheme hide nothing.
 */
export function isSafeLink(address: string): boolean {
  return URL.canParse(address) && safeSchemes.includes(new URL(address).protocol)
}

/** Letters that stand beside an address without a space, and punctuation as wide as they. */
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef‘’“”…]/u
const complete = /^[a-z]+:\/\/(?:[\w-]+(?:\.[\w-]+)+|localhost|\[[\da-f:.]+\])(?::\d+)?(?:[/?#]|$)/i

/** No bare address is longer: what follows is not looked at, so that a text of many that do not end is not read anew for each. */
const longest = 2_048
/** What an address's first letters are judged by stands right before them. */
const before = 16

/** How much of a bare address is one: up to the first wide letter, unless the host itself is written in those. */
function ownLength(address: string): number {
  const at = address.search(wide)
  if (at === -1) return address.length
  const narrow = address.slice(0, at).replace(/[.,:;!?'"*_~([{<]+$/, '')
  if (complete.test(narrow) || /^mailto:[^@]+@[\w-]+(?:\.[\w-]+)+$/i.test(narrow)) return narrow.length
  // A host of such letters: it ends where the path begins.
  const path = address.indexOf('/', address.indexOf('//') + 2)
  const rest = path === -1 ? -1 : address.slice(path).search(wide)
  return rest === -1 ? address.length : path + rest
}

/** Bare addresses become links. Without a scheme `notes.md` and `main.rs` would lead to other people's domains. */
export function addLinks(parser: MarkdownIt): void {
  parser.validateLink = isSafeLink
  const { linkify } = parser
  linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
  type Match = NonNullable<ReturnType<typeof linkify.matchAtStart>>
  const cut = (match: Match): Match => {
    const length = ownLength(match.raw)
    if (length < match.raw.length) {
      const over = match.raw.length - length
      match.lastIndex -= over
      match.raw = match.raw.slice(0, length)
      match.text = match.text.slice(0, match.text.length - over)
      match.url = match.url.slice(0, match.url.length - over)
    }
    return match
  }
  const testSchemaAt = linkify.testSchemaAt.bind(linkify)
  linkify.testSchemaAt = (text, schema, at) => {
    const from = Math.max(0, at - before)
    return testSchemaAt(text.slice(from, at + longest), schema, at - from)
  }
  const match = linkify.match.bind(linkify)
  const matchAtStart = linkify.matchAtStart.bind(linkify)
  linkify.match = (text) => match(text)?.map(cut) ?? null
  linkify.matchAtStart = (text) => {
    const found = matchAtStart(text)
    return found && cut(found)
  }
}
