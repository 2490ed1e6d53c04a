import { expect, test } from 'vitest'
import { contentLimits, createContentParts, toContentPart } from '~/server/blobs/to-content-part'
import { buildHistory } from '~/server/runs/history'
import type { FilePart } from '~/shared/domain/part'
import { sha256 } from './store-contract'

const file = (name: string, mime: string, bytes: Uint8Array): FilePart => ({ type: 'file', sha256: sha256(bytes), name, mime, size: bytes.byteLength })
const convert = (name: string, mime: string, bytes: Uint8Array) => toContentPart(file(name, mime, bytes), bytes)
const bytes = Buffer.from([1, 2, 3])

test('[BL11] each kind of file becomes the content that OpenRouter names for it', () => {
  expect(convert('a.png', 'image/png', bytes)).toEqual({ ok: true, value: { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } } })
  expect(convert('a.pdf', 'application/pdf', bytes)).toEqual({ ok: true, value: { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AQID' } } })
  expect(convert('a.mp3', 'audio/mpeg', bytes)).toEqual({ ok: true, value: { type: 'input_audio', input_audio: { data: 'AQID', format: 'mp3' } } })
  expect(convert('a.wav', 'audio/x-wav', bytes)).toMatchObject({ value: { input_audio: { format: 'wav' } } })
  expect(convert('a.ts', 'text/plain', Buffer.from('let a'))).toEqual({ ok: true, value: { type: 'text', text: 'a.ts:\n```\nlet a\n```' } })
  expect(convert('a.svg', 'image/svg+xml', Buffer.from('<svg/>'))).toMatchObject({ value: { type: 'text' } })
})

test('[BL11] a text file cannot end its own fence, and old encodings are read', () => {
  expect(convert('a.md', 'text/markdown', Buffer.from('```js\n```'))).toMatchObject({ value: { text: 'a.md:\n````\n```js\n```\n````' } })
  expect(convert('a.txt', 'text/plain', Buffer.from([0xfc]))).toMatchObject({ value: { text: expect.stringContaining('ü') } })
  expect(convert('a.txt', 'text/plain', Buffer.from([0xff, 0xfe, 0x41, 0]))).toMatchObject({ value: { text: expect.stringContaining('\nA\n') } })
})

test('[BL19] what no model takes, and what is too large, are typed errors that name the file', () => {
  expect(convert('a.zip', 'application/zip', bytes)).toMatchObject({ ok: false, error: { code: 'unsupported_media_type', details: { name: 'a.zip' } } })
  expect(convert('a.png', 'image/png', Buffer.alloc(contentLimits.image + 1))).toMatchObject({ ok: false, error: { code: 'payload_too_large', details: { name: 'a.png' } } })
  const together = createContentParts(5)
  expect(together(file('a.png', 'image/png', bytes), bytes).ok).toBe(true)
  expect(together(file('b.png', 'image/png', bytes), bytes)).toMatchObject({ ok: false, error: { code: 'payload_too_large', details: { name: 'b.png' } } })
})

test('[BL19] a file that cannot go stops its own message, but not the thread after it', async () => {
  const [zip, picture] = [file('old.zip', 'application/zip', bytes), file('new.png', 'image/png', bytes)]
  const base = { thread: null, parent: null, status: 'final' as const, model: null, run: null, deleted: 0, role: 'user' as const }
  const first = { ...base, id: 'first000', parts: [{ type: 'text', text: 'one' }, zip] }
  const second = { ...base, id: 'second00', parts: [picture] }
  const history = (path: typeof first[], load = async (): Promise<Uint8Array | null> => bytes) => buildHistory({ systemPrompt: 'be brief', path, omit: new Set(), continued: 'so far', summary: '', summarize: false, load })
  await expect(history([first])).rejects.toMatchObject({ error: { code: 'unsupported_media_type' } })
  expect(await history([first, second])).toEqual([
    { role: 'system', content: 'be brief' },
    { role: 'user', content: [{ type: 'text', text: 'one' }, { type: 'text', text: expect.stringContaining('old.zip') }] },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } }] },
    { role: 'assistant', content: 'so far' },
  ])
  expect(await history([second], async () => null)).toContainEqual({ role: 'user', content: [{ type: 'text', text: expect.stringContaining('new.png') }] })
})
