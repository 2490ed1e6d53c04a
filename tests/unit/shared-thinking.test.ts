import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partsToShow, replyToText, splitThinking } from '~/shared/domain/thinking'

const reasoning = (text: string) => ({ type: 'reasoning' as const, text })
const said = (text: string) => ({ type: 'text' as const, text })

test.each([
  ['<think>a b</think>\n\nc', [reasoning('a b'), said('c')]],
  ['\n<thinking>\na\n\nb\n</thinking>c', [reasoning('a\n\nb'), said('c')]],
  ['<THINK>a</think> c', [reasoning('a'), said(' c')]],
  ['<think>never ended\n```\ncode', [reasoning('never ended\n```\ncode')]],
  ['<think></think>c', [said('c')]],
  ['first\n<think>a</think>\nthen', [said('first'), reasoning('a'), said('then')]],
  ['<think>a</think>b\n<think>c</think>d', [reasoning('a'), said('b'), reasoning('c'), said('d')]],
  ['write `<think>` before it', [said('write `<think>` before it')]],
  ['in words <think> is a tag', [said('in words <think> is a tag')]],
  ['```xml\n<think>a</think>\n```\nb', [said('```xml\n<think>a</think>\n```\nb')]],
  ['~~~\n<think>\n```\n<think>\n~~~\n<think>x', [said('~~~\n<think>\n```\n<think>\n~~~'), reasoning('x')]],
  ['<thinker>a</thinker>', [said('<thinker>a</thinker>')]],
])('[UI18] thinking in a text is apart from what is said, never inside code: %j', (text, pieces) => {
  expect(splitThinking(text)).toEqual(pieces)
})

test('[UI18] while it streams no half tag is seen, and thinking is thinking from its first word', () => {
  const text = '<think>so\nso</think>\nIt is <b>.'
  const seen = [...text].map((_, index) => splitThinking(text.slice(0, index + 1), true))
  expect(seen.flat().every((piece) => !/<\/?t/.test(piece.text))).toBe(true)
  expect(seen.at(7)).toEqual([reasoning('s')])
  expect(splitThinking('a\n<', true)).toEqual([said('a\n')])
  expect(splitThinking('a <', true)).toEqual([said('a <')])
})

test('[UI18] nothing of any text is lost but the tags and the space around them', () => {
  const piece = fc.constantFrom('a', ' ', '\n', '<think>', '</think>', '<thinking>', '</thinking>', '```', '~~~', '`', 'word')
  const letters = (text: string): string => text.replace(/<\/?think(?:ing)?>|\s/g, '')
  fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
    const text = pieces.join('')
    expect(letters(splitThinking(text).map((part) => part.text).join(''))).toBe(letters(text))
  }), { numRuns: 500, seed: 4 })
})

test('[UI18] a reply is copied and sent on without what was thought', () => {
  const parts = [{ type: 'text' as const, text: '<think>hm</think>\nYes.' }, { type: 'file' as const, sha256: 'a'.repeat(64), name: 'x', mime: 'y', size: 1 }]
  expect(replyToText(parts)).toBe('Yes.')
  expect(partsToShow(parts).map(({ type }) => type)).toEqual(['reasoning', 'text', 'file'])
})

test('[UI18] a megabyte of thinking is read in one go', () => {
  for (const unit of ['<think>a</think>\n', '<think>', '<think>\n', '</think>', '```\n<think>\n', '\n  ']) {
    const pieces = splitThinking(`<think>${unit.repeat(1_000_000 / unit.length)}`)
    expect(pieces.length).toBeGreaterThan(0)
  }
})
