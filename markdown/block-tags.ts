import type MarkdownIt from 'markdown-it'
import type StateBlock from 'markdown-it/lib/rules_block/state_block.mjs'
import { balanceTags } from './balance'
import { tagPattern } from './inline-tags'

const blockTag = /^<(\/?)(details|summary|div|p|hr|pre|table)(?:\s[^<>]*)?\/?>/i
const tableParts = new Set(['table', 'caption', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'])

const lineAt = (state: StateBlock, line: number): string => state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line])

function pushTag(state: StateBlock, name: string, isEnd: boolean, map: [number, number]): void {
  const token = state.push('block_tag', name, 0)
  token.block = true
  token.map = map
  token.meta = { isEnd }
}

function pushText(state: StateBlock, tag: 'p' | 'summary', text: string, map: [number, number]): void {
  if (tag === 'p') state.push('paragraph_open', 'p', 1).map = map
  else pushTag(state, tag, false, map)
  Object.assign(state.push('inline', '', 0), { content: text.trim(), map, children: [] })
  if (tag === 'p') state.push('paragraph_close', 'p', -1)
  else pushTag(state, tag, true, map)
}

/** Where the ends of elements begin with which a line ends. Each piece of the line is looked at once, however many there are. */
function startOfEnds(line: string): number {
  for (let until = line.length; ;) {
    const at = line.slice(0, until).lastIndexOf('</')
    if (at === -1 || !/^<\/(?:details|div|p)>\s*$/i.test(line.slice(at, until))) return until
    until = at
  }
}

/** One line that begins with a tag: its tags, and what stands between them as text. */
function pushLine(state: StateBlock, line: string, map: [number, number]): void {
  let rest = line.trim()
  for (let found = blockTag.exec(rest); found; found = blockTag.exec(rest)) {
    const [raw, slash, written = ''] = found
    const name = written.toLowerCase()
    rest = rest.slice(raw.length).trim()
    if (name === 'hr') {
      Object.assign(state.push('hr', 'hr', 0), { map })
    } else if (name === 'summary' && slash === '') {
      const end = rest.search(/<\/summary>/i)
      pushText(state, 'summary', end === -1 ? rest : rest.slice(0, end), map)
      rest = end === -1 ? '' : rest.slice(end + '</summary>'.length).trim()
    } else if (name !== 'summary') {
      pushTag(state, name, slash === '/', map)
    }
  }
  const end = startOfEnds(rest)
  if (end > 0) pushText(state, 'p', rest.slice(0, end), map)
  if (end < rest.length) pushLine(state, rest.slice(end), map)
}

/** The lines from here to the one that ends the element, a blank one or the end of what is around. */
function readLines(state: StateBlock, startLine: number, endLine: number, end: RegExp, pastBlank: boolean): string[] {
  const lines: string[] = []
  for (let line = startLine; line < endLine && (pastBlank || !state.isEmpty(line)); line++) {
    lines.push(lineAt(state, line))
    if (end.test(lines.at(-1) ?? '')) break
  }
  return lines
}

const joinLines = (text: string): string => text.split('\n').map((line) => line.trim()).filter(Boolean).join(' ')

function pushTable(state: StateBlock, text: string, map: [number, number]): void {
  let content = ''
  const flush = (): void => {
    if (content.trim()) Object.assign(state.push('inline', '', 0), { content: joinLines(content), map, children: [] })
    content = ''
  }
  const end = /<\/table>/i.exec(text)
  const own = end ? text.slice(0, end.index + end[0].length) : text
  for (let at = 0; at < own.length;) {
    tagPattern.lastIndex = at
    const [raw, slash, written = ''] = own[at] === '<' ? tagPattern.exec(own) ?? [] : []
    const name = written.toLowerCase()
    if (raw === undefined || !tableParts.has(name)) {
      content += own[at++]
      continue
    }
    flush()
    pushTag(state, name, slash === '/', map)
    at += raw.length
  }
  flush()
  const after = text.slice(own.length)
  if (after.trim()) pushText(state, 'p', after, map)
}

/**
 * `<details>`, `<div>`, `<table>`, `<pre>` and `<hr>` on lines of their own, with Markdown between them. No attribute is kept; what is not ended
 * ends with what is around it.
 */
export function addBlockTags(parser: MarkdownIt): void {
  parser.block.ruler.before('fence', 'block_tags', (state, startLine, endLine, silent) => {
    if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false
    const line = lineAt(state, startLine)
    const [, slash, written = ''] = blockTag.exec(line) ?? []
    if (slash === undefined) return false
    if (silent) return true
    const name = written.toLowerCase()
    if (slash === '' && (name === 'pre' || name === 'table')) {
      const lines = readLines(state, startLine, endLine, new RegExp(`</${name}>`, 'i'), name === 'pre')
      state.line = startLine + lines.length
      const text = lines.join('\n')
      if (name === 'table') {
        pushTable(state, text, [startLine, state.line])
      } else {
        const code = parser.utils.unescapeAll(text.replace(/^<pre[^<>]*>(?:\s*<code[^<>]*>)?\n?/i, '').replace(/(?:<\/code>\s*)?<\/pre>.*$/is, ''))
        Object.assign(state.push('code_block', 'code', 0), { content: code, map: [startLine, state.line] })
      }
      return true
    }
    state.line = startLine + 1
    pushLine(state, line, [startLine, state.line])
    return true
  }, { alt: ['paragraph', 'reference', 'blockquote', 'list'] })

  parser.core.ruler.after('block', 'block_tags', (state) => {
    if (!state.tokens.some(({ type }) => type === 'block_tag')) return
    state.tokens = balanceTags(state.tokens, {
      markOf: ({ type, tag, meta }) => (type === 'block_tag' ? { name: tag, isEnd: meta.isEnd === true } : null),
      start: ({ tag, map }) => Object.assign(new state.Token('block_tag_open', tag, 1), { block: true, map }),
      end: (name) => Object.assign(new state.Token('block_tag_close', name, -1), { block: true }),
      stray: () => [],
    })
  })

  parser.renderer.rules.block_tag_open = (tokens, index) => {
    const tag = tokens[index]?.tag ?? 'div'
    if (tag === 'table') return '<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>'
    const direction = tokens[index]?.attrGet('dir')
    return `<${tag === 'p' ? 'div' : tag}${direction ? ` dir="${direction}"` : ''}>`
  }
  parser.renderer.rules.block_tag_close = (tokens, index) => {
    const tag = tokens[index]?.tag ?? 'div'
    return tag === 'table' ? '</table></div>\n' : `</${tag === 'p' ? 'div' : tag}>\n`
  }
}
