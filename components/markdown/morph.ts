/** What a person may have changed on an element since it was painted. */
const keptAttributes: ReadonlySet<string> = new Set(['data-wrapped', 'aria-pressed', 'open'])

function morphAttributes(from: Element, to: Element): void {
  for (const { name } of [...from.attributes]) {
    if (!keptAttributes.has(name) && !to.hasAttribute(name)) from.removeAttribute(name)
  }
  for (const { name, value } of [...to.attributes]) {
    if (!keptAttributes.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value)
  }
}

function morphText(from: Text, to: Text): void {
  if (from.data === to.data) return
  // Appending keeps a selection that reaches into the text; replacing would drop it.
  if (to.data.startsWith(from.data)) from.appendData(to.data.slice(from.data.length))
  else from.data = to.data
}

function morphNode(from: ChildNode, to: ChildNode): void {
  if (from instanceof Text && to instanceof Text) morphText(from, to)
  else if (from instanceof Element && to instanceof Element && from.tagName === to.tagName) {
    morphAttributes(from, to)
    morphChildren(from, to)
  }
  else from.replaceWith(to)
}

function morphChildren(from: Element, to: Element): void {
  const wanted = [...to.childNodes]
  const present = [...from.childNodes]
  wanted.forEach((node, index) => {
    const before = present[index]
    if (before) morphNode(before, node)
    else from.append(node)
  })
  for (const extra of present.slice(wanted.length)) extra.remove()
}

/**
 * Makes an element's content that of `html`, touching only the nodes that differ, so that a selection, the focus and a code block's
 * own state survive while a reply streams. The HTML must be safe already: it is what the markdown renderer made.
 */
export function morph(element: Element, html: string): void {
  const template = document.createElement('template')
  template.innerHTML = html
  const holder = document.createElement('div')
  holder.append(template.content)
  morphChildren(element, holder)
}
