import type katex from 'katex'

let library: Promise<typeof katex> | undefined

/**
 * A formula as HTML with MathML beside it. `trust: false` keeps links, images and styles of TeX's own out; a formula that cannot be read
 * shows its source in red. Loaded at the first formula: most threads have none.
 */
export async function renderMath(tex: string, display: boolean): Promise<string> {
  library ??= import('katex').then((module) => module.default)
  return (await library).renderToString(tex, { displayMode: display, throwOnError: false, trust: false, strict: 'ignore', maxExpand: 500, maxSize: 25, output: 'htmlAndMathml' })
}
