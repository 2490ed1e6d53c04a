import type MarkdownIt from 'markdown-it'
import type Token from 'markdown-it/lib/token.mjs'
import { balanceTags } from './balance'
import { escapeHtml } from './escape'

/** Tags that models write within a line, and that do nothing but look. Everything else stays text. */
const shown = new Set(['sub', 'sup', 'kbd', 'mark', 'u', 's', 'ins', 'del', 'small', 'abbr', 'b', 'i', 'strong', 'em', 'code'])
/** Tags that say nothing within a line. */
const silentTags = new Set(['span', 'div', 'p'])

/** A tag at the place where it is looked for. Attributes are read by name, and none but those named is used. */
export const tagPattern = /<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)\/?>/iy

/** The value of an attribute, with its entities as they are; '' where it is not there. */
export function attributeOf(attributes: string, name: string): string {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'\`=]+))`, 'i').exec(attributes)
  return found?.[1] ?? found?.[2] ?? found?.[3] ?? ''
}

/** `<sub>`, `<br>` and their kind within a line: the elements and nothing of their attributes but the title of an abbreviation. */
export function addInlineTags(parser: MarkdownIt): void {
  const { unescapeAll } = parser.utils

  parser.inline.ruler.before('autolink', 'tags', (state, silent) => {
    if (state.src[state.pos] !== '<') return false
    tagPattern.lastIndex = state.pos
    const [raw, slash, written, attributes = ''] = tagPattern.exec(state.src) ?? []
    if (raw === undefined || written === undefined || tagPattern.lastIndex > state.posMax) return false
    const name = written.toLowerCase()
    const isEnd = slash === '/'
    const address = name === 'img' ? unescapeAll(attributeOf(attributes, 'src')) : ''
    const isImage = address !== '' && parser.validateLink(address)
    if (!shown.has(name) && !silentTags.has(name) && !isImage && name !== 'br') return false
    state.pos += raw.length
    if (silent || silentTags.has(name)) return true
    if (name === 'br') {
      state.push('hardbreak', 'br', 0)
    } else if (isImage) {
      const token = state.push('image', 'img', 0)
      token.attrs = [['src', address]]
      token.content = unescapeAll(attributeOf(attributes, 'alt'))
    } else {
      const token = state.push('tag', name, 0)
      token.content = raw
      token.meta = { isEnd, title: name === 'abbr' ? unescapeAll(attributeOf(attributes, 'title')) : '' }
    }
    return true
  })

  parser.core.ruler.after('linkify', 'tags', (state) => {
    const asText = (token: Token): Token[] => {
      const text = new state.Token('text', '', 0)
      text.content = token.content
      return [text]
    }
    for (const token of state.tokens) {
      if (!token.children?.some(({ type }) => type === 'tag')) continue
      token.children = balanceTags(token.children, {
        markOf: ({ type, tag, meta }) => (type === 'tag' ? { name: tag, isEnd: meta.isEnd === true } : null),
        start: (child) => Object.assign(new state.Token('tag_open', child.tag, 0), { meta: child.meta }),
        end: (name) => new state.Token('tag_close', name, 0),
        stray: asText,
      })
    }
  })

  parser.renderer.rules.tag_open = (tokens, index) => {
    const { tag, meta } = tokens[index] as Token
    return `<${tag}${meta.title ? ` title="${escapeHtml(meta.title)}"` : ''}>`
  }
  parser.renderer.rules.tag_close = (tokens, index) => `</${tokens[index]?.tag}>`
}
