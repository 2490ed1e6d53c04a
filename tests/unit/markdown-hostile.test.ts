import fc from 'fast-check'
import { Window } from 'happy-dom'
import { describe, expect, test } from 'vitest'
import { isSafeLink } from '~/markdown/links'
import { renderMarkdown } from '~/markdown/render'

const safeTags = new Set([
  'A', 'B', 'BLOCKQUOTE', 'BR', 'BUTTON', 'CODE', 'DIV', 'EM', 'H3', 'H4', 'H5', 'H6', 'HR', 'INPUT', 'LI', 'OL', 'P', 'PRE', 'S', 'SPAN', 'STRONG',
  'TABLE', 'TBODY', 'TD', 'TH', 'THEAD', 'TR', 'UL',
  // Of a text's own tags, without their attributes.
  'ABBR', 'CAPTION', 'DEL', 'DETAILS', 'I', 'INS', 'KBD', 'MARK', 'SECTION', 'SMALL', 'SUB', 'SUMMARY', 'SUP', 'TFOOT', 'U',
])
const safeAttributes = new Set([
  'href', 'title', 'target', 'rel', 'class', 'style', 'tabindex', 'role', 'aria-label', 'aria-pressed', 'data-language', 'data-code-action', 'type', 'disabled', 'checked', 'start', 'dir',
])

/** Reads the HTML as a browser would and fails on an element or attribute that we do not emit ourselves. */
function expectInert(html: string, source: string): void {
  const document = new Window().document
  document.body.innerHTML = html
  for (const element of document.body.querySelectorAll('*')) {
    expect(safeTags, source).toContain(element.tagName.toUpperCase())
    for (const { name } of [...element.attributes]) expect(safeAttributes, source).toContain(name)
    const href = element.getAttribute('href')
    if (href !== null) expect(href, source).toMatch(/^(https?:|mailto:)/i)
    const style = element.getAttribute('style')
    if (style !== null) expect(style, source).toMatch(/^(--code-(light|dark):#[0-9a-f]{3,8};?)+$|^text-align:(left|center|right)$/i)
  }
}

const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\tscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](<java\nscript:alert(1)>)',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '![x](data:image/svg+xml;base64,PHN2Zy8+)',
  '[x](vbscript:msgbox(1))',
  '[x](file:///etc/passwd)',
  '[x](//evil.example)',
  '[x](/settings)',
  '<javascript:alert(1)>',
  '[x][y]\n\n[y]: javascript:alert(1)',
  '[x](https://a.example "\\" onmouseover=\\"alert(1)")',
  '![" onerror="alert(1)](https://a.example/x.png)',
  '```"><script>alert(1)</script>\nx\n```',
  '```ts" onclick="alert(1)\n</code></pre><script>alert(1)</script>\n```',
  '| <script>alert(1)</script> |\n|---|\n| <img onerror=alert(1)> |',
  '- [x] <script>alert(1)</script>',
  '# <iframe src="javascript:alert(1)">',
  '\u0000<script>alert(1)</script>',
  'https://a.example/"onmouseover="alert(1)',
  '<sub onclick=alert(1)>x</sub>',
  '<details open ontoggle=alert(1)><summary style="position:fixed">x</summary>',
  '<abbr title="&quot; onmouseover=&quot;alert(1)">x</abbr>',
  '<img src="javascript:alert(1)" alt="x">',
  '<img alt=\'"><script>alert(1)</script>\' src="https://a.example/x.png">',
  '<table background="https://evil.example/x"><tr><td onclick=alert(1)>x<script>alert(1)</script></td></tr></table>',
  '<p style="background:url(https://evil.example)">x',
  '<div id="app" class="fixed">x</div>',
  '<pre><code class="x" onclick=alert(1)></code></pre><script>alert(1)</script>',
  '[^1]\n\n[^1]: <script>alert(1)</script> [x](javascript:alert(1))',
  '[^"onclick=alert(1)]\n\n[^"onclick=alert(1)]: x',
  '> [!NOTE]\n> <script>alert(1)</script>',
]

describe('hostile markdown is inert', () => {
  test.each(hostile)('[UI8] %s becomes text', async (source) => {
    expectInert(await renderMarkdown(source), source)
  })

  test('[UI8] TeX can neither link, nor load, nor style, nor loop', async () => {
    for (const tex of ['\\href{javascript:alert(1)}{x}', '\\url{javascript:alert(1)}', '\\includegraphics{https://evil.example/x.png}', '\\htmlStyle{position:fixed}{x}',
      '\\htmlData{a=b}{x}', '\\def\\a{\\a\\a}\\a', '<img src=x onerror=alert(1)>', '\\text{<script>alert(1)</script>}', '\\rule{9999em}{9999em}']) {
      const html = await renderMarkdown(`$${tex}$`)
      expect(html, tex).not.toMatch(/<(a|img|script|iframe)\b|style="[^"]*position:\s*fixed|data-a=|9999em;/i)
    }
  })

  test('[UI8] any text at all becomes our own elements only', async () => {
    const piece = fc.oneof(
      fc.constantFrom('<', '>', '"', '\'', '`', '```', '~~~', '[', ']', '(', ')', '!', '*', '_', '|', '\n', '\n\n', '    ', '- ', '1. ', '> ', '# ', 'javascript:', 'https://a.example', '\\', '&#x6a;', '<script>', 'onerror=',
        '<sub>', '</sub>', '<b>', '</b>', '<details>', '</details>', '<summary>', '</summary>', '<div>', '</div>', '<table>', '<td>', '</table>', '<pre>', '[^1]', '[^1]: ', '[!NOTE]'),
      fc.string({ maxLength: 8 }),
    )
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const source = pieces.join('')
      expectInert(await renderMarkdown(source), source)
    }), { numRuns: 150, seed: 20_260 })
  })

  test('[UI8] only http, https and mailto are links, however they are written', () => {
    expect(['https://a.example', 'HTTP://a.example', 'mailto:a@b.example'].filter(isSafeLink)).toHaveLength(3)
    expect(['javascript:1', ' javascript:1', 'java\nscript:1', 'data:,x', 'blob:https://a', 'ftp://a.example', '//a.example', '/x', '#x', ''].filter(isSafeLink)).toEqual([])
  })
})

describe('size and depth', () => {
  test('[UI9] a thousand levels of nesting end without harm', async () => {
    for (const source of ['> '.repeat(1000) + 'x', '- '.repeat(1000) + 'x', '['.repeat(1000), '*'.repeat(1000) + 'x', '![['.repeat(500), '`'.repeat(1001) + 'x', '$('.repeat(1000)]) {
      const html = await renderMarkdown(source)
      expect(html.length).toBeGreaterThan(0)
    }
  })

  test('[UI9] a megabyte of any shape is rendered whole', async () => {
    for (const unit of ['word **bold** `code` and more\n\n', 'x', '[a](', '$a ', '\\(a', 'a \\[', '```\ncode\n```\n', '| a ', '$$\n', 'https://a.example/ ', '<sub>', '</b>', '<b>*a', '<details>\n', '<td>', '<div><div>', '<', '<b ', '[^1] ', '[^1]: a\n\n', '> [!NOTE]\n', '**あ**い']) {
      const html = await renderMarkdown(unit.repeat(Math.ceil(1_000_000 / unit.length)) + 'last')
      expect(html, unit).toContain('last')
    }
  })

  test('[UI9] shapes that would be read anew from each of their places are read once', async () => {
    const times = (unit: string, length = 300_000) => unit.repeat(Math.ceil(length / unit.length))
    for (const source of [
      `<div>a${times('</p>')}last`, `<table><tr><td>a${times(' ')}last</table>`, `${times('<b>')}${times('</i>')}last`, `${times('<div>\n')}${times('</p>\n')}last`, `${times('<b>')}x${times('</b>')}last`,
      `a\n${times('\\[ a\n')}last`, `a\n${times('\\[\n')}\\] last`, `${times('\\[\n# a\n')}\\] last`,
      times('http://a.b/(', 100_000) + 'last', `${Array.from({ length: 8_000 }, (_, i) => `[^${i}]\n\n[^${i}]: a\n\n`).join('')}last`,
    ]) expect(await renderMarkdown(source), source.slice(0, 40)).toContain('last')
  }, 60_000)

  test('[UI9] tags within each other become elements a hundred deep, and text below', async () => {
    const html = await renderMarkdown(`${'<b>'.repeat(200)}x`)
    expect(html.match(/<b>/g)).toHaveLength(100)
    expect(html.match(/<\/b>/g)).toHaveLength(100)
    expect(html).toContain('&lt;b&gt;x')
    expect((await renderMarkdown(`${'<details>\n\n'.repeat(200)}x`)).match(/<details>/g)).toHaveLength(100)
  })

  test('[UI8] a note within a note is shown once, and one that nobody refers to is not', async () => {
    const html = await renderMarkdown('a[^1] b[^2]\n\n[^1]: one\n\n    [^2]: two\n\n[^3]: three')
    expect(html.match(/one|two|three/g)).toEqual(['one', 'two'])
    expect(html).toContain('<li dir="auto"><p dir="auto">two</p>\n</li>')
  })
})
