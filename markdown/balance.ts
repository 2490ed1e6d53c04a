import type Token from 'markdown-it/lib/token.mjs'

/** A tag as it stands in a text: the start or the end of an element. */
export interface TagMark { name: string, isEnd: boolean }

interface Balanced {
  /** The tag that a token stands for; null for any other token. */
  markOf(token: Token): TagMark | null
  start(token: Token): Token
  end(name: string): Token
  /** What becomes of an end that nothing began, and of a start that is too deep. */
  stray(token: Token): Token[]
}

/** Elements within each other beyond this are no longer elements, as with Markdown's own: a page would have to lay them out. */
const deepest = 100

/**
 * The same tokens with every element of tags ended: within the element that it began in, at the latest with that of the text around it.
 */
export function balanceTags(tokens: readonly Token[], { markOf, start, end, stray }: Balanced): Token[] {
  /** Elements that are open: by their names, or null for one of Markdown's own. */
  const open: (string | null)[] = []
  const result: Token[] = []
  const endDownTo = (length: number): void => {
    while (open.length > length) {
      const name = open.pop()
      if (typeof name === 'string') result.push(end(name))
    }
  }
  for (const token of tokens) {
    const mark = markOf(token)
    if (mark === null) {
      if (token.nesting < 0) {
        endDownTo(open.lastIndexOf(null) + 1)
        open.pop()
      }
      result.push(token)
      if (token.nesting > 0) open.push(null)
    } else if (!mark.isEnd) {
      if (open.length >= deepest) {
        result.push(...stray(token))
        continue
      }
      result.push(start(token))
      open.push(mark.name)
    } else if (open.lastIndexOf(mark.name) > open.lastIndexOf(null)) {
      endDownTo(open.lastIndexOf(mark.name))
    } else {
      result.push(...stray(token))
    }
  }
  endDownTo(0)
  return result
}
