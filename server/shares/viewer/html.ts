import { escapeHtml } from '~/markdown/escape'

/** A piece of HTML that is known to be safe. Everything else that meets a template is text, and escaped. */
export class Html {
  constructor(readonly text: string) {}
  toString(): string { return this.text }
}

type Piece = Html | string | number | null | undefined | false | readonly Piece[]

const pieceToText = (piece: Piece): string => {
  if (piece === null || piece === undefined || piece === false) return ''
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'string') return escapeHtml(piece)
  if (typeof piece === 'number') return String(piece)
  return piece.map(pieceToText).join('')
}

/** A template whose holes are escaped, between tags and in quoted attributes alike. There is no unquoted attribute in our pages. */
export function html(strings: TemplateStringsArray, ...pieces: Piece[]): Html {
  let text = strings[0] ?? ''
  for (let i = 0; i < pieces.length; i++) text += pieceToText(pieces[i]) + (strings[i + 1] ?? '')
  return new Html(text)
}

/** HTML made by a renderer that is safe by itself: the Markdown, the highlighter, our own styles. */
export const trusted = (text: string): Html => new Html(text)
