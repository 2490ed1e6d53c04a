import type MarkdownIt from 'markdown-it'
import type StateCore from 'markdown-it/lib/rules_core/state_core.mjs'
import type Token from 'markdown-it/lib/token.mjs'
import footnotes from 'markdown-it-footnote'

/** Takes the notes out of a text and adds those that it refers to at its end, in that order. The plugin's own rule copies the text for each. */
function gatherNotes(state: StateCore): void {
  const { footnotes: found } = state.env as { footnotes?: { list?: { label: string }[] } }
  if (!found) return
  const notes = new Map<string, Token[]>()
  const text: Token[] = []
  const open: Token[][] = []
  for (const token of state.tokens) {
    if (token.type === 'footnote_reference_open') {
      open.push([])
      notes.set((token.meta as { label: string }).label, open.at(-1) ?? [])
    } else if (token.type === 'footnote_reference_close') {
      open.pop()
    } else {
      (open.at(-1) ?? text).push(token)
    }
  }
  state.tokens = text
  if (!found.list) return
  text.push(new state.Token('footnote_block_open', '', 1))
  for (const { label } of found.list) {
    text.push(new state.Token('footnote_open', '', 1))
    for (const token of notes.get(label) ?? []) text.push(token)
    text.push(new state.Token('footnote_close', '', -1))
  }
  text.push(new state.Token('footnote_block_close', '', -1))
}

/**
 * Footnotes as `[^1]` and `[^1]: note`: a raised number that carries nothing but itself, and the notes at the end of the text. Without links: a page shows many
 * messages, and every one has a first note.
 */
export function addFootnotes(parser: MarkdownIt): void {
  parser.use(footnotes)
  parser.core.ruler.at('footnote_tail', gatherNotes)
  // `x^[2]` is a formula more often than a note.
  parser.inline.ruler.disable('footnote_inline')
  const { rules } = parser.renderer
  const numberOf = (meta: { id: number }): number => meta.id + 1
  rules.footnote_ref = (tokens, index) => `<sup class="footnote-mark" role="doc-noteref">${numberOf(tokens[index]?.meta)}</sup>`
  rules.footnote_block_open = () => '<section class="footnotes" role="doc-endnotes" aria-label="Footnotes"><ol>\n'
  rules.footnote_block_close = () => '</ol></section>\n'
  rules.footnote_open = () => '<li dir="auto">'
  rules.footnote_close = () => '</li>\n'
}
