// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { morph } from '~/components/markdown/morph'

function painted(html: string): HTMLElement {
  const element = document.createElement('div')
  document.body.replaceChildren(element)
  morph(element, html)
  return element
}

test('[UI11] a repaint leaves the nodes that did not change in place', () => {
  const element = painted('<p>one <em>two</em></p><p>three</p>')
  const nodes = () => [element.children[0], element.querySelector('em'), element.children[1]?.firstChild]
  const before = nodes()
  morph(element, '<p>one <em>two</em></p><p>three and four</p><p>five</p>')
  nodes().forEach((node, index) => expect(node).toBe(before[index]))
  expect(element.innerHTML).toBe('<p>one <em>two</em></p><p>three and four</p><p>five</p>')
})

test('[UI11] a code block that was wrapped stays wrapped while its text grows', () => {
  const html = (code: string) => `<div class="code-block"><button aria-pressed="false">Wrap</button><pre><code>${code}</code></pre></div>`
  const element = painted(html('a'))
  element.firstElementChild?.toggleAttribute('data-wrapped', true)
  element.querySelector('button')?.setAttribute('aria-pressed', 'true')
  morph(element, html('a<span style="color:red">b</span>'))
  expect(element.firstElementChild?.hasAttribute('data-wrapped')).toBe(true)
  expect(element.querySelector('button')?.getAttribute('aria-pressed')).toBe('true')
  expect(element.querySelector('code')?.textContent).toBe('ab')
})

test('[UI11] any repaint ends in exactly what was asked for', () => {
  const steps = ['', 'text', '<p>a</p>', '<ul><li>a</li></ul>', '<p class="x">a<b>b</b></p>', '<p>a<b title="t">c</b>d</p>', '<b>c</b><p>a</p>', '']
  const element = painted('<p>start</p>')
  for (const html of [...steps, ...steps.toReversed()]) {
    morph(element, html)
    expect(element.innerHTML).toBe(html)
  }
})
