import type MarkdownIt from 'markdown-it'

const directed = new Set(['paragraph_open', 'heading_open', 'list_item_open', 'th_open', 'td_open', 'block_tag_open'])
/** Tags that hold text of their own. */
const textTags = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'li', 'th', 'td', 'summary'])

/** Each block of text runs in the direction of its first letter; the paragraphs of a list's item run as the item does. */
export function addDirections(parser: MarkdownIt): void {
  parser.core.ruler.push('directions', (state) => {
    let items = 0
    for (const token of state.tokens) {
      if (token.tag === 'li') items += token.nesting
      const isOfItem = token.type === 'paragraph_open' && items > 0
      if (directed.has(token.type) && textTags.has(token.tag) && !isOfItem) token.attrSet('dir', 'auto')
    }
  })
}
