/** Matches stand between these in a snippet. */
export const matchStart = '\uE000'
export const matchEnd = '\uE001'

const tokenPattern = /[\p{L}\p{N}\p{M}]+/gu
/** Tokens of a snippet, of them before the match, and how far into a long text one looks. */
const width = 24
const lead = 6
const reach = 20_000

/** As the index folds words: no case, no accents. */
export const foldWord = (word: string): string => word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

interface Token { start: number, end: number, word: number }

/**
 * Text around the best match: the stretch that holds the most of the words, marked. Done here and not by the index, whose own function
 * would look the text up in a view without an index, once per hit.
 */
export function makeSnippet(text: string, words: readonly string[]): string {
  const tokens: Token[] = []
  for (const { 0: token, index } of text.matchAll(tokenPattern)) {
    const folded = foldWord(token)
    tokens.push({ start: index, end: index + token.length, word: words.findIndex((word) => folded.startsWith(word)) })
    if (tokens.length === reach) break
  }
  const first = bestStart(tokens)
  const stretch = tokens.slice(first, first + width)
  const [from, to] = [first === 0 ? 0 : stretch[0]?.start ?? 0, stretch.at(-1)?.end ?? 0]
  let snippet = first === 0 ? '' : '…'
  let at = from
  for (const { start, end, word } of stretch) {
    if (word < 0) continue
    snippet += text.slice(at, start) + matchStart + text.slice(start, end) + matchEnd
    at = end
  }
  return snippet + text.slice(at, to) + (first + width < tokens.length ? '…' : text.slice(to, to + 20))
}

function bestStart(tokens: readonly Token[]): number {
  let best = 0
  let most = 0
  tokens.forEach(({ word }, i) => {
    if (word < 0) return
    const start = Math.max(0, i - lead)
    const distinct = new Set(tokens.slice(start, start + width).map((token) => token.word).filter((found) => found >= 0)).size
    if (distinct <= most) return
    best = start
    most = distinct
  })
  return best
}
