import type MarkdownIt from 'markdown-it'

const names = { note: 'Note', tip: 'Tip', important: 'Important', warning: 'Warning', caution: 'Caution' }
const mark = /^\[!(note|tip|important|warning|caution)\]\s*$/i

/** `> [!NOTE]` on the first line of a quotation makes it a callout under that name. */
export function addCallouts(parser: MarkdownIt): void {
  parser.core.ruler.push('callouts', (state) => {
    state.tokens.forEach((token, index) => {
      const quote = state.tokens[index - 2]
      const [first, ...rest] = token.children ?? []
      if (token.type !== 'inline' || quote?.type !== 'blockquote_open' || first?.type !== 'text') return
      const kind = mark.exec(first.content)?.[1]?.toLowerCase()
      if (kind === undefined || (rest[0] !== undefined && !/break$/.test(rest[0].type))) return
      quote.attrSet('class', `callout callout-${kind}`)
      const title = Object.assign(new state.Token('callout_title', 'strong', 0), { content: names[kind as keyof typeof names] })
      token.children = [title, ...rest.slice(1)]
    })
  })
  // The name has a direction of its own, or it would decide on that of what it stands above.
  parser.renderer.rules.callout_title = (tokens, index) => `<strong class="callout-title" dir="ltr">${tokens[index]?.content}</strong>`
}
