import { supportedMimeTypes } from 'file-type'
import { expect, test } from 'vitest'
import { filesToWarnings } from '~/components/attachments/model-files'
import { detectMime } from '~/server/blobs/file-check'
import { isMimeOf, mimeOf, parseMime } from '~/shared/domain/mime'
import type { Model } from '~/shared/protocol/openrouter'
import { createRandom } from './random'
import { pdf, png } from './samples'

const detectionOf = async (head: Uint8Array) => ({ detected: await detectMime(head), head, known: supportedMimeTypes })

test('[BL14] a media type is read in its plain form, and what is none is refused', () => {
  expect(parseMime('Image/PNG; q=1')).toBe('image/png')
  expect([parseMime(null), parseMime(''), parseMime(' ; x')]).toEqual(Array(3).fill('application/octet-stream'))
  for (const text of ['image', 'image/', '/png', 'image/p ng', 'image/png/x', '../x', 'image/\u0000', `a/${'b'.repeat(130)}`, 'text/html\r\nx: y']) expect(parseMime(text)).toBeNull()
})

test('[BL14] whatever type a device gives a file, the server takes it', async () => {
  const random = createRandom(5)
  const declared = ['image/png', 'video/mp2t', 'text/csv', 'application/vnd.ms-excel', 'application/json', 'audio/mpeg', 'image/svg+xml', '', 'nonsense', 'application/pdf', 'application/x-whatever', 'text/html']
  const starts = [png(30), pdf(Buffer.from('x')), Buffer.from('plain words'), Buffer.from('BM and so on'), Buffer.from('MZ'), Buffer.from('{"a": 1}'), Buffer.from('<svg/>'), Buffer.from('<?xml version="1.0"?><a/>'), Buffer.from('GIF8'), Buffer.alloc(9), Buffer.from('PK\u0003\u0004'), Buffer.from([0xff, 0xfe, 65, 0]), Buffer.from('%!PS'), Buffer.from('ID3')]
  for (let round = 0; round < 1_500; round++) {
    const detection = await detectionOf(Buffer.concat([random.of(starts), random.bytes(random.below(3) * 20)]))
    const mime = mimeOf(parseMime(random.of(declared)), detection)
    expect(parseMime(mime)).toBe(mime)
    expect([mime, isMimeOf(mime, detection)]).toEqual([mime, true])
  }
})

test('[BL33] what a model cannot take is named, and nothing is said of a model that is not known', () => {
  const model = (id: string, inputModalities: string[]): Model => ({
    id, name: 'Reader', description: '', created: 0, contextLength: null, maxCompletionTokens: null, inputModalities, outputModalities: ['text'], promptPrice: null, completionPrice: null,
    supportedParameters: [], reasoning: null,
  })
  const files = [{ name: 'a.png', mime: 'image/png' }, { name: 'b.mp3', mime: 'audio/mpeg' }, { name: 'c.pdf', mime: 'application/pdf' }, { name: 'd.md', mime: 'text/markdown' }]
  expect(filesToWarnings(files, model('x/text', ['text']))).toEqual([
    'Reader can’t see images (a.png). Choose another model, or take it off.', 'Reader can’t hear sound (b.mp3). Choose another model, or take it off.',
  ])
  expect(filesToWarnings(files, model('x/all', ['text', 'image', 'audio']))).toEqual([])
  expect(filesToWarnings(files, model('openrouter/auto', ['text']))).toEqual([])
  expect(filesToWarnings(files, undefined)).toEqual([])
  expect(filesToWarnings([{ name: 'e.zip', mime: 'application/zip' }], undefined)).toEqual(['No model reads files of this kind (e.zip).'])
})
