import type MarkdownIt from 'markdown-it'
import type { Environment } from './environment'
import { escapeHtml } from './escape'

const outside = 'target="_blank" rel="noopener noreferrer"'
const buttons = [
  ['wrap', 'Wrap', 'Wrap long lines', ' aria-pressed="false"'],
  ['download', 'Download', 'Download code', ''],
  ['copy', 'Copy', 'Copy code', ''],
].map(([action, text, name, state]) => `<button type="button" data-code-action="${action}" aria-label="${name}"${state}>${text}</button>`).join('')

/** The language as a person wrote it after the fence, and the one to colour by: `ts {1,3}` is `ts`. */
export function languageOf(info: string): string {
  return /^[\w#+.-]{1,30}/.exec(info.trim())?.[0]?.toLowerCase() ?? ''
}

function codeBlock(code: string, info: string, env: Environment): string {
  const language = languageOf(info)
  const ordinal = env.codeBlocks ?? 0
  env.codeBlocks = ordinal + 1
  const text = code.replace(/\n$/, '')
  const inner = (language && env.options?.code?.(text, language, ordinal)) || escapeHtml(text)
  const name = escapeHtml(language || 'text')
  return `<div class="code-block" data-language="${name}"><div class="code-head"><span class="code-language">${name}</span>`
    + `<span class="code-actions">${env.options?.controls ? buttons : ''}</span></div>`
    + `<pre tabindex="0" role="group" aria-label="Code, ${name}"><code>${inner}</code></pre></div>\n`
}

/** How our HTML differs from markdown-it's own: links leave the app, images are links, code has a head, tables scroll inside, headings stay below the page's. */
export function addElements(parser: MarkdownIt): void {
  const rules = parser.renderer.rules

  rules.link_open = (tokens, index, _options, env: Environment) => {
    env.linkDepth = (env.linkDepth ?? 0) + 1
    const title = tokens[index]?.attrGet('title')
    return `<a href="${escapeHtml(String(tokens[index]?.attrGet('href') ?? ''))}"${title ? ` title="${escapeHtml(title)}"` : ''} ${outside}>`
  }
  rules.link_close = (_tokens, _index, _options, env: Environment) => {
    env.linkDepth = Math.max(0, (env.linkDepth ?? 0) - 1)
    return '</a>'
  }
  rules.image = (tokens, index, _options, env: Environment) => {
    const token = tokens[index]
    const address = String(token?.attrGet('src') ?? '')
    const text = `Image: ${token?.content || address}`
    // A link inside a link is not HTML; the outer one keeps the click.
    return env.linkDepth ? escapeHtml(text) : `<a class="image-link" href="${escapeHtml(address)}" ${outside}>${escapeHtml(text)}</a>`
  }

  rules.fence = (tokens, index, _options, env: Environment) => codeBlock(tokens[index]?.content ?? '', tokens[index]?.info ?? '', env)
  rules.code_block = (tokens, index, _options, env: Environment) => codeBlock(tokens[index]?.content ?? '', '', env)

  rules.table_open = () => '<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>\n'
  rules.table_close = () => '</table></div>\n'

  const belowThePage = (tag: string) => `h${Math.min(6, Number(tag.slice(1)) + 2)}`
  rules.heading_open = (tokens, index) => `<${belowThePage(tokens[index]?.tag ?? 'h1')} class="heading-${(tokens[index]?.tag ?? 'h1').slice(1)}" dir="auto">`
  rules.heading_close = (tokens, index) => `</${belowThePage(tokens[index]?.tag ?? 'h1')}>\n`
}
