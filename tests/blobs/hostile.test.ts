import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { harmlessSvgs, oddSvgs } from './svg-samples'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { createRandom, type Random } from './random'
import { pdf, png, zeros } from './samples'
import { eventually, openSpace, readTraces } from './space'
import { sha256 } from './store-contract'

/** One upload as it goes over the wire: nothing in it is put right on the way. */
interface Attack { path: string, mime: string | undefined, bytes: Uint8Array, length?: number }
type Make = (random: Random) => Attack

const maxBytes = 400_000
let root: string
let server: TestServer
let authorization: string
beforeAll(async () => {
  // Two folders down, so that a path that climbs out of the data is seen too.
  root = await mkdtemp(join(tmpdir(), 'holdfast-hostile-'))
  server = await startServer({ blobMaxBytes: maxBytes, dataDir: join(root, 'inner', 'data') })
  authorization = (await openSpace(server)).bearer.authorization
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

/** What an upload may leave behind: rows about blobs, and files anywhere around. */
const readAll = async () => {
  const around = await readdir(root, { recursive: true, withFileTypes: true })
  return { ...await readTraces(server), around: around.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort() }
}

/** The status of the answer, or `cut` when the server ended the connection instead. */
function send({ path, mime, bytes, length = bytes.byteLength }: Attack): Promise<number | 'cut'> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve) => {
    const headers = { authorization, 'content-length': length, ...(mime === undefined ? {} : { 'content-type': mime }) }
    const sent = request({ hostname, port, method: 'PUT', path, headers, agent: false }, (response) => {
      response.resume()
      response.on('error', () => resolve('cut'))
      response.on('end', () => resolve(response.statusCode ?? 'cut'))
    })
    sent.on('error', () => resolve('cut'))
    if (length > bytes.byteLength) {
      // Fewer bytes than were promised: the connection ends in the middle.
      sent.write(bytes, () => sent.destroy())
      return
    }
    sent.end(bytes)
  })
}

const named = (bytes: Uint8Array, mime: string): Attack => ({ path: `/blob/${sha256(bytes)}`, mime, bytes })
const svg = (body: string): Buffer => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/2000/svg">${body}</svg>`)

const scripts: ((random: Random) => string)[] = [
  () => '<script>alert(1)</script>', () => '<SCRIPT href="data:,alert(1)"/>', () => '<x:script>alert(1)</x:script>', () => '<rect onload="alert(1)"/>',
  () => '<rect\tonclick\n=\'alert(1)\'/>', () => '<a href="javascript:alert(1)"><text>x</text></a>', () => '<a href="java&#115;cript:alert(1)"/>',
  () => '<a href="&#x6a;avascript&colon;alert(1)"/>', () => '<a href="java\nscript:alert(1)"/>', () => '<foreignObject><p/></foreignObject>',
  () => '<use href="data:image/svg+xml;base64,PHN2Zy8+"/>', () => '<set attributeName="href" to="javascript:alert(1)"/>', () => '<image href="x"onerror="alert(1)"/>',
  () => '<iframe src="data:text/html,x"/>', () => '<handler type="text/javascript">x</handler>',
]
const pathTricks: ((hash: string, random: Random) => string)[] = [
  (hash) => `/blob/../blob/${hash.toUpperCase()}`, (hash) => `/blob/${hash.slice(1)}`, (hash) => `/blob/${hash}0`, (hash) => `/blob/..%2f..%2f${hash}`, (hash) => `/blob/%2e%2e%2f${hash.slice(3)}`,
  (hash) => `/blob/${hash}%00`, (hash) => `/blob/${hash}%00.png`, (hash) => `/blob/${hash.slice(0, 62)}..`, (hash) => `/blob/${hash.toUpperCase()}`, (hash) => `/blob/${hash}%0a`,
  (hash) => `/blob/${hash.slice(0, 60)}%2e%2e%2f%2e`, (hash) => `/blob/C:${hash.slice(2)}`, (hash) => `/blob/..%5c${hash}`, (hash) => `/blob/${hash.replace(/./, 'g')}`, (hash) => `/blob/ａ${encodeURIComponent(hash)}`.replace('ａ', '%EF%BD%81'),
  () => '/blob/..', () => '/blob/%2e%2e', () => '/blob/incoming', () => '/blob/objects', (hash) => `/blob/${hash}/..%2f..%2fholdfast.sqlite`, (hash, random) => `/blob/${encodeURIComponent(random.bytes(24).toString('latin1'))}${hash.slice(0, 40)}`,
]
const typed: [string, (random: Random) => Uint8Array][] = [
  ['image/png', (random) => random.bytes(200)], ['image/png', () => Buffer.from('<html><script>alert(1)</script>')], ['image/jpeg', () => png(100)],
  ['application/pdf', () => png(100)], ['image/png', () => pdf(deflateSync(Buffer.from('x')))], ['text/plain', () => png(100)], ['text/html', () => pdf(deflateSync(Buffer.from('x')))],
  ['image/gif', (random) => Buffer.concat([Buffer.from('GIF8'), random.bytes(50)])], ['audio/mpeg', () => gzipSync('x')], ['image/webp', () => Buffer.from('RIFF0000WAVEfmt ')],
  ['application/zip', (random) => random.bytes(100)], ['application/json', (random) => Buffer.concat([Buffer.from('{}'), Buffer.alloc(4), random.bytes(8)])],
  ['video/mp4', () => Buffer.from('MZ not a film')], ['image', (random) => random.bytes(5)], ['../../image/png', () => png(20)], ['image/png/../x', () => png(20)], [`image/${'p'.repeat(200)}`, () => png(20)],
  ['image/svg+xml', () => png(50)], ['image/svg+xml', () => gzipSync('<svg/>')], ['image/svg+xml', () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<svg><script/></svg>', 'utf16le')])],
]
/** A few hundred megabytes of nothing each, packed in all the ways of a PDF; made once, for that takes its time. */
const bombs = once(() => [
  pdf(zeros(300 * 1024 * 1024)), pdf(deflateSync(zeros(300 * 1024 * 1024)), '[/FlateDecode /FlateDecode]'), pdf(deflateSync(zeros(300 * 1024 * 1024)), '[/#46lateDecode /Fl]'),
  pdf(zeros(300 * 1024 * 1024), '/FlateDecode', 3), Buffer.concat(Array.from({ length: 5 }, () => pdf(zeros(70 * 1024 * 1024)))),
  pdf(deflateSync(deflateSync(zeros(1024 * 1024))), '[/FlateDecode /FlateDecode /FlateDecode]'),
])
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

const kinds: Record<string, Make> = {
  'wrong hash': (random) => ({ ...named(random.bytes(random.below(2_000)), 'application/octet-stream'), path: `/blob/${sha256(random.bytes(40))}` }),
  'flipped bit': (random) => {
    const bytes = random.bytes(1 + random.below(100_000))
    const attack = named(Uint8Array.from(bytes), 'application/octet-stream')
    bytes[random.below(bytes.byteLength)]! ^= 1 << random.below(8)
    return { ...attack, bytes }
  },
  'more than allowed': (random) => named(random.bytes(maxBytes + 1 + random.below(1_000)), 'application/octet-stream'),
  'fewer than promised': (random) => {
    const bytes = random.bytes(1 + random.below(5_000))
    return { ...named(bytes, 'application/octet-stream'), length: bytes.byteLength + 1 + random.below(5_000) }
  },
  'a promise over the limit': (random) => ({ ...named(random.bytes(10), 'application/octet-stream'), length: maxBytes * (2 + random.below(1_000_000)) }),
  'wrong type': (random) => {
    const [mime, make] = random.of(typed)
    return named(make(random), mime)
  },
  'svg with script': (random) => named(svg(`<g id="${random.below(1e9)}"/>${random.of(scripts)(random)}`), random.of(['image/svg+xml', 'image/svg+xml; charset=utf-8', 'IMAGE/SVG+XML'])),
  'svg with a document type': (random) => named(Buffer.concat([Buffer.from(`<!DOCTYPE svg [<!ENTITY a "${random.below(1e9)}">]>`), svg('&a;')]), 'image/svg+xml'),
  'scripted svg under another name': (random) => named(svg(`<g id="${random.below(1e9)}"/><script/>`), random.of(['application/xml', 'application/octet-stream'])),
  'path tricks': (random) => {
    const bytes = random.bytes(random.below(300))
    return { ...named(bytes, 'application/octet-stream'), path: random.of(pathTricks)(sha256(bytes), random) }
  },
}

/** One in forty, for each takes the server half a second to see through. */
const zipBomb: Make = (random) => named(Buffer.concat([random.of(bombs()), Buffer.from(`%${random.below(1e9)}\n`)]), 'application/pdf')

test('[BL15] a thousand hostile uploads are refused and leave nothing behind', { timeout: 300_000 }, async () => {
  const random = createRandom(20_260_214)
  const before = await readAll()
  const makers = Object.entries(kinds)
  const accepted: string[] = []
  const attack = async (index: number) => {
    const [kind, make] = index % 40 === 39 ? ['zip bomb PDF', zipBomb] as const : makers[index % makers.length]!
    const sent = make(random)
    const status = await send(sent)
    if (status !== 'cut' && (status < 400 || status >= 500)) accepted.push(`${kind} #${index}: ${status} ${sent.path} ${sent.mime}`)
  }
  for (let index = 0; index < 1_000; index += 4) await Promise.all([0, 1, 2, 3].map((offset) => attack(index + offset)))
  expect(accepted).toEqual([])
  await eventually(readAll).toEqual(before)
})

test.each(Object.entries(oddSvgs))('[BL40] an SVG with %s is refused', async (_name, text) => {
  expect(await send(named(Buffer.from(text), 'image/svg+xml'))).toBe(415)
  // Under a name that claims nothing it is no better.
  expect(await send(named(Buffer.from(text), 'application/octet-stream'))).toBe(415)
})

test.each(Object.entries(harmlessSvgs))('[BL41] an SVG as %s writes it is taken', async (_name, text) => {
  expect(await send(named(Buffer.from(text), 'image/svg+xml'))).toBe(201)
})

test('[BL15] a PDF that unfolds to far more than its size is refused, however it is packed', { timeout: 300_000 }, async () => {
  const before = await readAll()
  for (const bytes of bombs()) {
    expect(bytes.byteLength).toBeLessThan(maxBytes)
    expect([413, 415]).toContain(await send(named(bytes, 'application/pdf')))
  }
  // The same bytes are no better under a name that claims nothing.
  expect([413, 415]).toContain(await send(named(bombs()[0]!, 'application/octet-stream')))
  await eventually(readAll).toEqual(before)
})

test('[BL15] their harmless neighbours are taken', async () => {
  const good: [Uint8Array, string][] = [
    [svg('<path d="M0 0"/><text>description: fonts on the line</text>'), 'image/svg+xml'], [pdf(zeros(1_000_000)), 'application/pdf'], [pdf(deflateSync(zeros(1_000)), '[/FlateDecode /FlateDecode]'), 'application/pdf'],
    [png(maxBytes - 1_000), 'image/png'], [Buffer.from('BM, said the text'), 'text/plain'], [Buffer.from('<script>alert(1)</script>'), 'text/html'], [Buffer.alloc(0), 'text/plain'], [Buffer.from('{"a":1}'), 'application/json'],
  ]
  for (const [bytes, mime] of good) expect([mime, await send(named(bytes, mime))]).toEqual([mime, 201])
})

test('[BL15] the seeds give the same attacks each time', () => {
  const draw = () => createHash('sha256').update(createRandom(3).bytes(1_000)).digest('hex')
  expect(draw()).toBe(draw())
})
