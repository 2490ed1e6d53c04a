import { createDocument, renderBlock } from './document'
import { highlight } from './highlight'
import { renderMath } from './math'

/**
 * A whole text as HTML, coloured and with its formulas: for the server-rendered pages, where nothing can be filled in later.
 * It renders twice: once to learn which code and formulas there are, once with them.
 */
export async function renderMarkdown(text: string): Promise<string> {
  const blocks = createDocument().update(text, false)
  const wanted = new Map<string, () => Promise<string | null>>()
  const render = (answers: ReadonlyMap<string, string | null>) => blocks.map((block) => renderBlock(block, {
    code: (code, language) => {
      const key = `code ${language}\n${code}`
      wanted.set(key, () => highlight(code, language))
      return answers.get(key) ?? undefined
    },
    math: (tex, display) => {
      const key = `math ${display}\n${tex}`
      wanted.set(key, () => renderMath(tex, display))
      return answers.get(key) ?? undefined
    },
  })).join('')

  const plain = render(new Map())
  if (wanted.size === 0) return plain
  const answers = new Map<string, string | null>()
  for (const [key, answer] of wanted) answers.set(key, await answer())
  return render(answers)
}
