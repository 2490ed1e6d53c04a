import katex from 'katex'

/**
 * A formula as MathML alone, which every current browser draws by itself: a page that may load no font, and a file that is opened
 * without a network, have no use for KaTeX's own glyphs.
 */
export function renderFormula(tex: string, display: boolean): string {
  return katex.renderToString(tex, { displayMode: display, throwOnError: false, trust: false, strict: 'ignore', maxExpand: 500, maxSize: 25, output: 'mathml' })
}
