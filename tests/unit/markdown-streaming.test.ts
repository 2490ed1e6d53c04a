import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDocument, renderBlock } from '~/markdown/document'

const render = (text: string, streaming: boolean, document = createDocument()) => document.update(text, streaming).map((block) => renderBlock(block)).join('')

describe('a text that streams', () => {
  test('[UI10] at every moment of a stream the blocks are those of the whole text so far', () => {
    const piece = fc.constantFrom('a', 'word ', '\n', '\n\n', '- ', '  - ', '1. ', '> ', '# ', '```', '```ts\n', '---', '===', '    ', '| a | b |\n', '|---|---|\n', '$$', '\\[', '\\]', '**', '\r\n', '\t',
      '<b>', '</b>', '<details>', '</details>\n', '<summary>', '<table><tr><td>', '</td>', '</table>', '<pre>', '</pre>', '[^1]', '[^1]: ', '> [!NOTE]\n')
    fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const document = createDocument()
      for (let end = 1; end <= pieces.length; end++) {
        const text = pieces.slice(0, end).join('')
        expect(render(text, true, document)).toBe(render(text, false))
      }
    }), { numRuns: 300, seed: 7_331 })
  })

  test('[UI10] a block that is finished is the same object until the end of the stream', () => {
    const document = createDocument()
    const first = document.update('one\n\ntwo\n\nthree\n\nfour', true)
    const later = document.update('one\n\ntwo\n\nthree\n\nfour and five\n\nsix', true)
    expect(later.slice(0, 3)).toEqual(first.slice(0, 3))
    expect(later[0]).toBe(first[0])
    expect(later[2]).toBe(first[2])
    expect(document.update('one\n\ntwo\n\nthree\n\nfour and five\n\nsix', false)[0]).toBe(first[0])
  })

  test('[UI10] a link whose address comes at the end becomes a link', () => {
    const document = createDocument()
    const parts = ['see [here][1]\n\n', 'a\n\n', 'b\n\n', 'c\n\n', '[1]: https://a.exam', 'ple/x\n']
    let text = ''
    for (const part of parts) render(text += part, true, document)
    expect(render(text, false, document)).toContain('href="https://a.example/x"')
  })

  test('[UI10] a text that was replaced is read anew', () => {
    const document = createDocument()
    render('one\n\ntwo\n\nthree\n\nfour', true, document)
    expect(render('# new', true, document)).toBe('<h3 class="heading-1" dir="auto">new</h3>\n')
  })
})
