/** What a rendering may ask for, and how its blocks are dressed. Everything is optional: without it code is plain and formulas are shown as their source. */
export interface RenderOptions {
  /** Coloured HTML of a code block's text, or undefined while it is not known. `ordinal` counts the code blocks of one rendering. */
  code?: (code: string, language: string, ordinal: number) => string | undefined
  /** HTML of a formula, or undefined while it is not known. */
  math?: (tex: string, display: boolean) => string | undefined
  /** Buttons to copy, wrap and download code; off where no script runs. */
  controls?: boolean
}

/** What travels through one rendering: markdown-it's own link definitions, footnotes, and ours. */
export interface Environment {
  references?: Record<string, { title: string, href: string }>
  /** Where the text has footnotes: what markdown-it-footnote keeps of them. */
  footnotes?: object
  options?: RenderOptions
  codeBlocks?: number
  linkDepth?: number
}
