import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDeviceId, createId, deviceIdSchema, idSchema, type MessageId } from '~/shared/domain/ids'
import { appendDeltas, type Part } from '~/shared/domain/part'
import { cleanJson, cleanText, isCleanJson } from '~/shared/domain/text'
import { textToTitle } from '~/shared/domain/thread'
import { createTree } from '~/shared/domain/tree'

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i * 37)

describe('text', () => {
  it('[ST4] replaces U+0000 and lone surrogates, and nothing else', () => {
    expect(cleanText('a\u0000b\ud800c\udc00d\u{1F600}e')).toBe('a\ufffdb\ufffdc\ufffdd\u{1F600}e')
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(cleanText(text)).toBe(text.replaceAll('\u0000', '\ufffd'))
    }))
  })

  it('[ST4] cleans JSON to its keys, and knows what is clean', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\u0000', '\ud800', '\udc00', '\u{1F600}'), maxLength: 6 })
    fc.assert(fc.property(fc.array(fc.oneof(text, fc.dictionary(text, text, { maxKeys: 3 })), { maxLength: 4 }), (value) => {
      const clean = cleanJson(value)
      expect(isCleanJson(clean)).toBe(true)
      expect(isCleanJson(value)).toBe(JSON.stringify(clean) === JSON.stringify(value))
    }))
    expect(cleanJson({ 'a\u0000': ['\ud800'] })).toEqual({ 'a\ufffd': ['\ufffd'] })
    expect(isCleanJson({ a: [{ b: '\u0000' }] })).toBe(false)
  })
})

describe('ids', () => {
  it('sort by the time they were made', () => {
    const ids = [1_000, 2_000, 1_800_000_000_000].map((now) => createId(now, bytes))
    expect([...ids].sort()).toEqual(ids)
    expect(ids.every((id) => id.length === 26 && idSchema.safeParse(id).success)).toBe(true)
    expect(deviceIdSchema.safeParse(createDeviceId(bytes)).success).toBe(true)
  })
})

describe('titles', () => {
  it.each([['', 'New chat'], ['  Hello\nworld', 'Hello'], ['a  b\tc', 'a b c'], ['## Plans\nfor spring', 'Plans'], ['#1 is best', '#1 is best']])('[UI21] %j becomes %j', (text, title) => {
    expect(textToTitle(text)).toBe(title)
  })

  it.each([
    ['**Bold** and *slanted* and `code`', 'Bold and slanted and code'], ['snake_case_name and 2*3*4', 'snake_case_name and 2*3*4'],
    ['```ts\nconst a = 1\n```\nWhat is this?', 'What is this?'], ['```\nconst a = 1\n```', 'const a = 1'], ['~~~\nnever ended', 'never ended'],
    ['[a link](https://a.example/b) to read', 'a link to read'], ['![](https://a.example/x.png)\nthe picture', 'the picture'], ['read https://a.example/b?c=d now', 'read a.example now'],
    ['> quoted\nthen', 'quoted'], ['- [ ] buy milk', 'buy milk'], ['1. first', 'first'], ['@claude, @gpt-5 compare', 'compare'], ['mail@a.example?', 'mail@a.example?'],
    ['---\n\nafter a rule', 'after a rule'], ['🎉', '🎉'], ['...', '...'], ['機能は？', '機能は？'], ['5 * 3 * 2', '5 * 3 * 2'],
  ])('[UI21] a title is plain words: %j becomes %j', (text, title) => {
    expect(textToTitle(text)).toBe(title)
  })

  it('[UI21] a megabyte has its title at once, and no letter is cut in two', () => {
    for (const unit of ['*', '[', '`', '_ ', '**a', '[a](', '@a ', '\n', '> ', '🎉']) expect(textToTitle(unit.repeat(1_000_000 / unit.length)).isWellFormed()).toBe(true)
  })

  it('[UI21] a long line is cut at a word', () => {
    const title = textToTitle('word '.repeat(40))
    expect(title.length).toBeLessThanOrEqual(61)
    expect(title).toMatch(/word…$/)
  })
})

describe('streamed parts', () => {
  it('[RN3] append to their index and leave what was given alone', () => {
    const before: Part[] = [{ type: 'text', text: 'He' }]
    expect(appendDeltas(before, [{ index: 0, type: 'text', text: 'llo' }, { index: 2, type: 'text', text: 'x' }])).toEqual([
      { type: 'text', text: 'Hello' }, { type: 'text', text: '' }, { type: 'text', text: 'x' },
    ])
    expect(before).toEqual([{ type: 'text', text: 'He' }])
  })
})

const node = (id: string, parent: string | null, created_at: number, deleted = false) => ({ id: id as MessageId, parent: parent as MessageId | null, created_at, deleted })
const ids = (nodes: { id: string }[]) => nodes.map(({ id }) => id)

describe('a thread’s tree', () => {
  const tree = createTree([node('a', null, 1), node('b', 'a', 2), node('c', 'b', 3), node('b2', 'a', 4), node('d', 'b2', 5, true), node('e', 'd', 6)])

  it('[UI22] shows the path to a leaf', () => {
    expect(ids(tree.pathTo('c' as MessageId))).toEqual(['a', 'b', 'c'])
  })

  it('[UI22] falls back to the newest live leaf where the leaf is missing, unknown or deleted', () => {
    for (const leaf of [null, 'nobody', 'd']) expect(ids(tree.pathTo(leaf as MessageId | null))).toEqual(['a', 'b2', 'e'])
  })

  it('[UI22] hangs what is below a deleted message under its nearest live ancestor', () => {
    expect(ids(tree.siblings(tree.get('e' as MessageId)!))).toEqual(['e'])
    expect(tree.leafBelow('b2' as MessageId)).toBe('e')
  })

  it('[UI22] sorts siblings by time, then id', () => {
    const twins = createTree([node('z', null, 1), node('y', null, 1), node('x', null, 2)])
    expect(ids(twins.siblings(twins.get('x' as MessageId)!))).toEqual(['y', 'z', 'x'])
  })

  it('[UI22] ends on parents that go in a circle', () => {
    const circle = createTree([node('a', 'b', 1), node('b', 'a', 2)])
    expect(circle.pathTo('a' as MessageId).length).toBeLessThanOrEqual(2)
  })
})
