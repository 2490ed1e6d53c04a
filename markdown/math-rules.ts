import type MarkdownIt from 'markdown-it'
import type StateBlock from 'markdown-it/lib/rules_block/state_block.mjs'
import type StateInline from 'markdown-it/lib/rules_inline/state_inline.mjs'
import type { Environment } from './environment'
import { escapeHtml } from './escape'

/** A formula longer than this is shown as its source. */
const longest = 10_000
const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character)
const isSpace = (character: string | undefined) => character === undefined || /\s/.test(character)

/** Where a closer comes next in one run of text, remembered, so that a text full of openers is not searched anew for each. */
const nextClosers = new WeakMap<StateInline, Map<string, { from: number, at: number }>>()

function nextCloser(state: StateInline, closer: string, from: number): number {
  const known = nextClosers.get(state) ?? new Map<string, { from: number, at: number }>()
  nextClosers.set(state, known)
  const last = known.get(closer)
  if (last && last.from <= from && (last.at === -1 || from <= last.at)) return last.at
  const at = state.src.indexOf(closer, from)
  known.set(closer, { from, at })
  return at
}

const openers = [['$$', '$$', true], ['$', '$', false], ['\\(', '\\)', false], ['\\[', '\\]', true]] as const

/** A formula in running text: `$…$` as pandoc reads it, so that prices stay prices, `$$…$$`, `\(…\)` and `\[…\]`. */
function findInline(state: StateInline): { tex: string, display: boolean, end: number } | null {
  const { src, pos } = state
  const [open, close, display] = openers.find(([opener]) => src.startsWith(opener, pos)) ?? []
  if (!open || (open === '$' && (isSpace(src[pos + 1]) || isWord(src[pos - 1])))) return null
  const from = pos + open.length
  for (let end = nextCloser(state, close, from); end !== -1 && end - from <= longest && end < state.posMax; end = nextCloser(state, close, end + 1)) {
    if (close.startsWith('$') && src[end - 1] === '\\') continue
    if (close === '$' && (isSpace(src[end - 1]) || isWord(src[end + 1]))) return null
    const tex = src.slice(from, end).trim()
    return tex ? { tex, display, end: end + close.length } : null
  }
  return null
}

/** Up to which line a block that began as a formula was none, by its closer: what begins with the same within it is none either, and is not read again. */
const noFormula = new WeakMap<StateBlock, Map<string, number>>()

const closerOf = (first: string | undefined) => (first?.startsWith('$$') ? '$$' : '\\]')
const closes = (first: string | undefined, line: string | undefined) => line?.includes(closerOf(first)) === true

/**
 * A formula on lines of its own, up to its end, a blank line or the end of the text. One that does not end is a block too, shown as it
 * is written: so a block that streams never changes those before it. Null where text follows the end: that is a paragraph.
 */
function readBlock(lines: string[]): { closed: true, tex: string } | { closed: false } | null {
  const text = lines.join('\n').slice(2)
  const closer = closerOf(lines[0])
  const end = text.indexOf(closer)
  if (end === -1) return { closed: false }
  const tex = text.slice(0, end).trim()
  return tex && tex.length <= longest && end + 2 === text.length ? { closed: true, tex } : null
}

function formula(tex: string, display: boolean, env: Environment): string {
  const known = env.options?.math?.(tex, display)
  if (known !== undefined) return display ? `<span class="math-display" tabindex="0" role="group" aria-label="Formula">${known}</span>` : known
  return `<code class="math-source${display ? ' math-display' : ''}">${escapeHtml(tex)}</code>`
}

/** Adds formulas to the parser; without them `\(` would lose its backslash. */
export function addMath(parser: MarkdownIt): void {
  parser.inline.ruler.before('escape', 'math', (state, silent) => {
    const character = state.src[state.pos]
    if (character !== '$' && character !== '\\') return false
    const found = findInline(state)
    if (!found) return false
    if (!silent) {
      const token = state.push(found.display ? 'math_display' : 'math_inline', 'span', 0)
      token.content = found.tex
    }
    state.pos = found.end
    return true
  })

  parser.block.ruler.before('fence', 'math_block', (state, startLine, endLine, silent) => {
    if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false
    const first = state.src.slice((state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0), state.eMarks[startLine]).trim()
    if (!/^(\$\$|\\\[)/.test(first)) return false
    // Only what is a formula for sure breaks into a paragraph: two letters alone, or a line alone.
    const isAlone = startLine + 1 >= endLine || state.isEmpty(startLine + 1)
    if (silent && first.length !== 2 && !isAlone) return false
    const refused = noFormula.get(state) ?? new Map<string, number>()
    noFormula.set(state, refused)
    if (startLine < (refused.get(closerOf(first)) ?? 0)) return false
    const lines: string[] = []
    for (let line = startLine; line < endLine && !state.isEmpty(line) && (state.sCount[line] ?? 0) >= state.blkIndent; line++) {
      lines.push(state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line] ?? 0).trim())
      if (lines.length > 1 && closes(lines[0], lines.at(-1))) break
    }
    const block = readBlock(lines)
    if (block === null) {
      refused.set(closerOf(first), startLine + lines.length)
      return false
    }
    if (silent && lines.length > 1 && first.length !== 2) return false
    if (silent) return true
    const token = state.push(block.closed ? 'math_block' : 'math_open', 'div', 0)
    token.block = true
    token.content = block.closed ? block.tex : lines.join('\n')
    token.map = [startLine, startLine + lines.length]
    state.line = startLine + lines.length
    return true
  }, { alt: ['paragraph', 'reference', 'blockquote', 'list'] })

  const rules = parser.renderer.rules
  rules.math_inline = (tokens, index, _options, env: Environment) => formula(tokens[index]?.content ?? '', false, env)
  rules.math_display = (tokens, index, _options, env: Environment) => formula(tokens[index]?.content ?? '', true, env)
  rules.math_open = (tokens, index) => `<p>${escapeHtml(tokens[index]?.content ?? '')}</p>\n`
  rules.math_block = (tokens, index, _options, env: Environment) => `<p>${formula(tokens[index]?.content ?? '', true, env)}</p>\n`
}
