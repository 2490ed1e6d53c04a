import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

const tests = new URL('../', import.meta.url)
const title = /(['"`])\[((?:AU|SY|ST|RN|BL|SH|UI)\d+)\] (.*?)(?<!\\)\1/g
const rule = /^- \*\*([A-Z]+\d+)\*\* .+\. \((.+)\)$/gm

/** The ids that a title cites: the one it begins with, and invariants alone or as a range, `I1 to I8`. */
function citedIds(id: string, words: string): string[] {
  const ranges = [...words.matchAll(/\bI(\d+)(?: to I(\d+))?/g)].map(([, from, to = from]) => [Number(from), Number(to)] as const)
  return [id, ...ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => `I${from + index}`))]
}

/** Each rule with the files that cite it, as SPEC.md writes them. */
function readCitations(): Map<string, string[]> {
  const citations = new Map<string, string[]>()
  for (const path of readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts')).sort()) {
    const file = path.replaceAll('\\', '/').replace(/(\.(test|spec))?\.ts$/, '')
    for (const [, , id = '', words = ''] of readFileSync(new URL(path, tests), 'utf8').matchAll(title)) {
      for (const cited of citedIds(id, words)) citations.set(cited, [...new Set([...citations.get(cited) ?? [], file])].sort())
    }
  }
  return citations
}

const rules = [...readFileSync(new URL('../SPEC.md', tests), 'utf8').matchAll(rule)].map(([, id = '', files = '']) => ({ id, files: files.replaceAll('`', '').split(', ').sort() }))
const citations = readCitations()

test('an id stands for one rule', () => {
  const ids = rules.map(({ id }) => id)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
})

test('every id that a test cites stands in SPEC.md, and every rule there is cited', () => {
  expect(rules.map(({ id }) => id).sort()).toEqual([...citations.keys()].sort())
})

test('behind each rule stand the files that cite it', () => {
  expect(Object.fromEntries(rules.map(({ id, files }) => [id, files]))).toEqual(Object.fromEntries(citations))
})
