import type MarkdownIt from 'markdown-it'

const box = /^\[([ xX])\][ \u00A0]/

/** `- [ ] open` and `- [x] done` as boxes that show and cannot be clicked. */
export function addTaskLists(parser: MarkdownIt): void {
  parser.core.ruler.after('inline', 'task_lists', (state) => {
    state.tokens.forEach((token, index) => {
      const first = token.children?.[0]
      const item = state.tokens[index - 2]
      if (token.type !== 'inline' || first?.type !== 'text' || item?.type !== 'list_item_open') return
      const found = box.exec(first.content)
      if (!found) return
      first.content = first.content.slice(found[0].length)
      item.attrJoin('class', 'task')
      const checkbox = new state.Token('task_box', 'input', 0)
      checkbox.meta = { done: found[1] !== ' ' }
      token.children?.unshift(checkbox)
    })
  })
  parser.renderer.rules.task_box = (tokens, index) => {
    const done = tokens[index]?.meta?.done === true
    return `<input type="checkbox" disabled${done ? ' checked' : ''} aria-label="${done ? 'Done' : 'Open'}"> `
  }
}
