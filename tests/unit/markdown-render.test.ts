import { describe, expect, test } from 'vitest'
import { renderMarkdown } from '~/markdown/render'

describe('what markdown becomes', () => {
  test('[UI1] headings in a message stay below the headings of the page', async () => {
    expect(await renderMarkdown('# One\n\n###### Six')).toBe('<h3 class="heading-1" dir="auto">One</h3>\n<h6 class="heading-6" dir="auto">Six</h6>\n')
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

  test('[UI5] a line that goes on with the item or note above it is no formula', async () => {
    expect(await renderMarkdown('- a\nb\n\n> c\nd')).toMatch(/<li dir="auto">a\nb<\/li>[^]*<p dir="auto">c\nd<\/p>/)
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

  test.each([
    ['**注意：**必ず読む', '<strong>注意：</strong>必ず'],
    ['这是**“重点”**内容', '<strong>“重点”</strong>内容'],
    ['**강조(예시)**는 이렇게', '<strong>강조(예시)</strong>는'],
    ['これは**「太字」**です', '<strong>「太字」</strong>です'],
    ['*「斜体」*と', '<em>「斜体」</em>と'],
  ])('[UI12] emphasis ends beside wide punctuation: %s', async (source, html) => {
    expect(await renderMarkdown(source)).toContain(html)
  })

  test.each([
    ['https://example.com/a。次', 'https://example.com/a'],
    ['https://example.com/aを見る', 'https://example.com/a'],
    ['見て（https://example.com/a）ね', 'https://example.com/a'],
    ['「https://example.com/a」', 'https://example.com/a'],
    ['请看https://example.com，谢谢', 'https://example.com'],
    ['https://example.comを開く', 'https://example.com'],
    ['(https://example.com/a)', 'https://example.com/a'],
    ['[https://example.com/a]', 'https://example.com/a'],
    ['{https://example.com/a}', 'https://example.com/a'],
    ['https://en.wikipedia.example/wiki/A_(b) c', 'https://en.wikipedia.example/wiki/A_(b)'],
    ['https://例え.jp/道', 'https://xn--r8jz45g.jp/'],
    ['https://예시.example/path는', 'https://xn--vv4b11d.example/path'],
    ['mailto:a@example.comへ', 'mailto:a@example.com'],
  ])('[UI13] a bare address ends where it ends: %s', async (source, address) => {
    const hrefs = [...(await renderMarkdown(source)).matchAll(/href="([^"]*)"/g)].map(([, href]) => href)
    expect(hrefs).toEqual([address])
  })

  test.each([
    ['H<sub>2</sub>O', '<p dir="auto">H<sub>2</sub>O</p>'],
    ['a<br>b<br/>c<BR />d', '<p dir="auto">a<br>\nb<br>\nc<br>\nd</p>'],
    ['| a |\n|---|\n| x<br>y |', 'x<br>\ny'],
    ['press <kbd>Ctrl</kbd>+<kbd onclick="x()">K</kbd>', 'press <kbd>Ctrl</kbd>+<kbd>K</kbd>'],
    ['<abbr title="World &amp; Web">WWW</abbr>', '<abbr title="World &amp; Web">WWW</abbr>'],
    ['<mark>never ended', '<p dir="auto"><mark>never ended</mark></p>'],
    ['**a <u>b** c</u>', '<strong>a <u>b</u></strong> c&lt;/u&gt;'],
    ['<span style="color:red">red</span>', '<p dir="auto">red</p>'],
    ['`<sub>` and <blink>x</blink>', '<code>&lt;sub&gt;</code> and &lt;blink&gt;x&lt;/blink&gt;'],
    ['a < b and x<y', 'a &lt; b and x&lt;y'],
    ['List<String> and Map<K, V>', 'List&lt;String&gt; and Map&lt;K, V&gt;'],
    ['<img src="https://a.example/x.png" alt="a cat">', '>Image: a cat</a>'],
    ['<details>\n<summary>More **of it**</summary>\n\n- one\n\n</details>\n\nafter', '<details><summary dir="auto">More <strong>of it</strong></summary>\n<ul>\n<li dir="auto">one</li>\n</ul>\n</details>\n<p dir="auto">after</p>'],
    ['<details><summary>Open</summary>text</details>', '<details><summary dir="auto">Open</summary>\n<p dir="auto">text</p>\n</details>'],
    ['<div align="center">\n\n# Title\n\n</div>', '<div><h3 class="heading-1" dir="auto">Title</h3>\n</div>'],
    ['> <details>\n> in\n\nout', '</details>\n</blockquote>\n<p dir="auto">out</p>'],
    ['a</details>b', 'a&lt;/details&gt;b'],
    ['<table>\n<tr><th>A</th><td>b **c**</td></tr>\n</table>', '<table><tr><th dir="auto">A</th>\n<td dir="auto">b <strong>c</strong></td>'],
    ['<table><tr><td>in</table> after', '<p dir="auto">after</p>'],
    ['<table>beside<tr><td>in</table>', 'beside'],
    ['<pre><code>a *b* &lt;c&gt;\n\nd</code></pre>', '<code>a *b* &lt;c&gt;\n\nd</code>'],
  ])('[UI14] of the tags that models write a few do what they say: %s', async (source, html) => {
    expect(await renderMarkdown(source)).toContain(html)
  })

  test('[UI15] footnotes are numbers at their place and notes at the end, on every side without links', async () => {
    const html = await renderMarkdown('a[^x] b[^y] c[^x]\n\n[^y]: second *note*\n[^x]: first\n\nlast words')
    expect(html).toContain('a<sup class="footnote-mark" role="doc-noteref">1</sup> b<sup class="footnote-mark" role="doc-noteref">2</sup> c<sup class="footnote-mark" role="doc-noteref">1</sup>')
    expect(html.indexOf('last words')).toBeLessThan(html.indexOf('first'))
    expect(html).toContain('second <em>note</em>')
    expect(html).not.toContain('href')
  })

  test('[UI16] a callout has its name, and the rest is its text', async () => {
    expect(await renderMarkdown('> [!WARNING]\n> Mind the *gap*.')).toBe('<blockquote class="callout callout-warning">\n<p dir="auto"><strong class="callout-title" dir="ltr">Warning</strong>Mind the <em>gap</em>.</p>\n</blockquote>\n')
    expect(await renderMarkdown('> [!note] not alone')).not.toContain('callout')
    expect(await renderMarkdown('> [!TIP]\n>\n> Later.')).toContain('<strong class="callout-title" dir="ltr">Tip</strong>')
  })

  test('[UI17] each block of text runs in the direction of its first letter, an item as one', async () => {
    expect(await renderMarkdown('שלום\n\n- مرحبا\n\n  x\n\n> y')).toBe('<p dir="auto">שלום</p>\n<ul>\n<li dir="auto">\n<p>مرحبا</p>\n<p>x</p>\n</li>\n</ul>\n<blockquote>\n<p dir="auto">y</p>\n</blockquote>\n')
  })
})

function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', '\'').replaceAll('&amp;', '&')
}
