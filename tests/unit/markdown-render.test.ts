import { describe, expect, test } from 'vitest'
import { renderMarkdown } from '~/markdown/render'

describe('what markdown becomes', () => {
  test('[UI1] headings in a message stay below the headings of the page', async () => {
    expect(await renderMarkdown('# One\n\n###### Six')).toBe('<h3 class="heading-1">One</h3>\n<h6 class="heading-6">Six</h6>\n')
  })

  test('[UI2] a link opens outside the app and tells the other site nothing', async () => {
    expect(await renderMarkdown('[a](https://b.example/c "t")')).toContain('<a href="https://b.example/c" title="t" target="_blank" rel="noopener noreferrer">a</a>')
  })

  test('[UI2] a bare address becomes a link, a file name does not', async () => {
    expect(await renderMarkdown('see https://b.example/c and README.md')).toMatch(/<a href="https:\/\/b\.example\/c"[^>]*>.*<\/a> and README\.md/)
  })

  test('[UI3] an image is shown as a link to it', async () => {
    const html = await renderMarkdown('![a cat](https://b.example/cat.png)')
    expect(html).toContain('>Image: a cat</a>')
    expect(html).not.toContain('<img')
  })

  test('[UI3] an image inside a link leaves one link', async () => {
    const html = await renderMarkdown('[![badge](https://b.example/x.svg)](https://b.example)')
    expect(html.match(/<a /g)).toHaveLength(1)
    expect(html).toContain('Image: badge')
  })

  test('[UI4] code is coloured for both themes at once and keeps its text', async () => {
    const html = await renderMarkdown('```ts\nconst a = 1 < 2\n```')
    expect(html).toContain('data-language="ts"')
    expect(html).toMatch(/--code-light:#[0-9A-F]{6};--code-dark:#[0-9A-F]{6}/i)
    expect(textOf(html)).toContain('const a = 1 < 2')
  })

  test('[UI4] code in an unknown language is plain text under its name', async () => {
    expect(await renderMarkdown('```brainfog\n<b>&\n```')).toContain('aria-label="Code, brainfog"><code>&lt;b&gt;&amp;</code>')
  })

  test('[UI4] a fence that was never closed still shows its code', async () => {
    expect(textOf(await renderMarkdown('before\n\n~~~py\nprint(1)\n'))).toContain('print(1)')
  })

  test('[UI5] formulas are rendered from dollars and from backslash brackets', async () => {
    for (const source of ['$x^2$', '\\(x^2\\)', '$$x^2$$', '\\[x^2\\]', '$$\nx^2\n$$', '- item\n\n  \\[\n  x^2\n  \\]']) {
      expect(await renderMarkdown(source), source).toContain('<annotation encoding="application/x-tex">x^2</annotation>')
    }
  })

  test('[UI5] prices and shell variables are no formulas', async () => {
    for (const source of ['from $5 to $10', 'US$5/A$7', '$HOME/$PATH', 'between $20k and $30k', '\\$x\\$']) {
      expect(await renderMarkdown(source), source).not.toContain('katex')
    }
  })

  test('[UI5] a formula that cannot be read shows its source', async () => {
    expect(textOf(await renderMarkdown('$\\frac{1}{$ and on'))).toContain('\\frac{1}{')
  })

  test('[UI6] a wide table scrolls inside its own box, reachable by keyboard', async () => {
    expect(await renderMarkdown('| a | b |\n|---|---|\n| 1 | 2 |')).toContain('<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>')
  })

  test('[UI7] a task list shows what is done and cannot be clicked', async () => {
    const html = await renderMarkdown('- [ ] open\n- [x] done')
    expect(html).toContain('<input type="checkbox" disabled aria-label="Open"> open')
    expect(html).toContain('<input type="checkbox" disabled checked aria-label="Done"> done')
  })
})

function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', '\'').replaceAll('&amp;', '&')
}
