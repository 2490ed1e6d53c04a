import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHeldAnswers, type HeldAnswer, type HeldAnswers } from '~/server/http/held-answers'

let folder: string
let answers: HeldAnswers
const open = (limits?: Parameters<typeof createHeldAnswers>[1]) => { answers = createHeldAnswers(join(folder, 'answers'), limits) }
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'holdfast-answers-')) })
afterEach(async () => {
  await answers.close()
  await rm(folder, { recursive: true })
})

const textOf = async (held: HeldAnswer): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of held.read()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('[SH53] an answer is made once for all who ask meanwhile and after, and its file has no name', async () => {
  open()
  let made = 0
  const ask = () => answers.join('a', () => [`made ${++made} times`])
  const held = await Promise.all([ask(), ask(), ask()])
  expect(await Promise.all([...held, await ask()].map(textOf))).toEqual(Array.from({ length: 4 }, () => 'made 1 times'))
  expect(await readdir(join(folder, 'answers'))).toEqual([])
})

test('[SH53] an answer that could not be made is tried again', async () => {
  open()
  await expect(answers.join('a', () => Promise.reject(new Error('not now')))).rejects.toThrow('not now')
  expect(await textOf(await answers.join('a', () => ['now']))).toBe('now')
})

test('[SH53] who reads an answer reads it to its end, replaced, pushed out and forgotten or not', async () => {
  open({ kept: 300_000, open: 10_000_000, files: 10 })
  const text = 'x'.repeat(200_000)
  const reading = (await answers.join('a', () => [text])).read()[Symbol.asyncIterator]()
  const first = await reading.next()
  await answers.better('a')(['other'])
  await answers.join('b', () => [text])
  answers.clear()
  expect(answers.find('a')).toBeNull()
  await new Promise(setImmediate)
  let length = (first.value as Uint8Array).byteLength
  for (let next = await reading.next(); !next.done; next = await reading.next()) length += next.value.byteLength
  expect(length).toBe(text.length)
})

test('[SH53] what is being made when all is forgotten is given to who asked for it, and not kept', async () => {
  open()
  const asked = answers.join('a', async () => {
    await new Promise(setImmediate)
    answers.clear()
    return ['old']
  })
  expect(await textOf(await asked)).toBe('old')
  expect(await textOf(await answers.better('a')(['better']))).toBe('better')
  expect(answers.find('a')).toBeNull()
})

test('[SH53] something better of what was forgotten meanwhile is not kept in the place of what was made since', async () => {
  open()
  await answers.join('a', () => ['of the deleted one'])
  const better = answers.better('a')
  answers.clear()
  await answers.join('a', () => ['made since'])
  expect(await textOf(await better(['better of the deleted one']))).toBe('better of the deleted one')
  expect(await textOf(answers.find('a')!)).toBe('made since')
})

test('[SH54] over the bound on what is read together the next is refused, and taken when a reader is done', async () => {
  open({ kept: 100_000, open: 500_000, files: 10 })
  const text = 'x'.repeat(400_000)
  const reading = (await answers.join('a', () => [text])).read()[Symbol.asyncIterator]()
  await reading.next()
  await expect(answers.join('b', () => [text])).rejects.toMatchObject({ error: { code: 'rate_limited', details: { retryAfter: 30 } } })
  await reading.return?.()
  expect((await answers.join('b', () => [text])).bytes).toBe(400_000)
})
