import { createHighlighterCore, type HighlighterCore, type ThemedToken } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import { escapeHtml } from './escape'
import { grammarOf, loadGrammar, type Grammar } from './languages'

const light = 'github-light-high-contrast'
const dark = 'github-dark-default'
/** Code longer than this stays plain: colouring it would hold its thread for seconds. */
const longest = 200_000

let highlighter: Promise<HighlighterCore> | undefined
const loading = new Map<Grammar, Promise<void>>()

/** The two themes travel together as CSS variables, so a change of theme repaints without rendering again. */
async function createHighlighter(): Promise<HighlighterCore> {
  const themes = [import('shiki/themes/github-light-high-contrast.mjs'), import('shiki/themes/github-dark-default.mjs')]
  return createHighlighterCore({ themes, langs: [], engine: createJavaScriptRegexEngine({ forgiving: true }) })
}

async function loadInto(core: HighlighterCore, grammar: Grammar): Promise<void> {
  await core.loadLanguage(await loadGrammar(grammar))
}

/** Loads what a language needs; afterwards `highlightLines` answers. False when no grammar fits. */
async function prepare(language: string): Promise<{ core: HighlighterCore, grammar: Grammar } | null> {
  const grammar = grammarOf(language)
  if (!grammar) return null
  highlighter ??= createHighlighter()
  const core = await highlighter
  let load = loading.get(grammar)
  if (!load) loading.set(grammar, load = loadInto(core, grammar))
  await load
  return { core, grammar }
}

function tokenToHtml(token: ThemedToken): string {
  const text = escapeHtml(token.content)
  const style = Object.entries(token.htmlStyle ?? {}).map(([name, value]) => `${name}:${value}`).join(';')
  return style && token.content.trim() ? `<span style="${escapeHtml(style)}">${text}</span>` : text
}

/** Coloured code as HTML, one line of HTML per line of code, each complete in itself; null when the language is unknown or the code too long. */
export async function highlight(code: string, language: string): Promise<string | null> {
  if (code.length > longest) return null
  const prepared = await prepare(language)
  if (!prepared) return null
  const { tokens } = prepared.core.codeToTokens(code, {
    lang: prepared.grammar, themes: { light, dark }, defaultColor: false, cssVariablePrefix: '--code-', tokenizeMaxLineLength: 2_000, tokenizeTimeLimit: 200,
  })
  return tokens.map((line) => line.map(tokenToHtml).join('')).join('\n')
}
