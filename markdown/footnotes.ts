import type MarkdownIt from 'markdown-it'
import footnotes from 'markdown-it-footnote'

/**
 * Footnotes as `[^1]` and `[^1]: note`: a raised number that carries nothing but itself, and the notes at the end of the text. Without links: a page shows many
 * messages, and every one has a first note.
 */
export function addFootnotes(parser: MarkdownIt): void {
  parser.use(footnotes)
  // `x^[2]` is a formula more often than a note.
  parser.inline.ruler.disable('footnote_inline')
  const { rules } = parser.renderer
  const numberOf = (meta: { id: number }): number => meta.id + 1
  rules.footnote_ref = (tokens, index) => `<sup class="footnote-mark" role="doc-noteref">${numberOf(tokens[index]?.meta)}</sup>`
  rules.footnote_block_open = () => '<section class="footnotes" role="doc-endnotes" aria-label="Footnotes"><ol>\n'
  rules.footnote_block_close = () => '</ol></section>\n'
  rules.footnote_open = () => '<li dir="auto">'
  rules.footnote_close = () => '</li>\n'
  rules.footnote_anchor = () => ''
}
