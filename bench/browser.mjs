// What a person's device does, in Chromium, on the built app and server: sends, pages, first sync, search, tabs, start; beside SQLite and Dexie by themselves.
import { readdirSync, readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { askServer, close, crash, freeze, measureDelivery, measureFailOver, measureWarmStart, openApp, pairWith } from './browser/app.mjs'
import { openBenchPage, openBrowser } from './browser/chromium.mjs'
import { createHistory, createSearches, messagesPerThread } from './browser/history.mjs'
import { connect, mintDevice, quantile, report, round, startServer } from './support.mjs'

const p50 = (list) => round(quantile(list, 0.5))
const p95 = (list) => round(quantile(list, 0.95))

const rows = []
/** Takes minutes, so each row is said when it is known. */
function add(what, target, ours, peer = '–', ratio = Number.NaN) {
  rows.push([what, target, ours, peer, Number.isNaN(ratio) ? '–' : round(ratio)])
  console.log(`${what}: ${ours}`)
}

async function addSends(measure) {
  const sends = await measure('sends', { count: 300 })
  const [full, normal, rawFull, rawNormal] = [sends.full, sends.normal, sends.rawFull, sends.rawNormal].map(p50)
  add('durable local send, row + outbox, FULL, p50 ms', '≤ 4', full, `SQLite's row ${rawFull}; Dexie strict ${p50(sends.dexieStrict)}`, full / rawFull)
  add('durable local send, row + outbox, NORMAL, p50 ms', '≤ 1', normal, `SQLite's row ${rawNormal}; Dexie relaxed ${p50(sends.dexieRelaxed)}`, normal / rawNormal)
  add('the composer\'s whole send, FULL, p50 ms', '–', p50(sends.wholeSend))
}

async function addPages(measure) {
  const { fresh, changed, raw, rawIndexed } = await measure('pages', { messages: 20_000 })
  add('a page of new rows with merge, rows/s', '≥ 20,000', round(fresh), `plain insert ${round(raw)}; with indexes ${round(rawIndexed)}`, fresh / rawIndexed)
  add('a page of changed rows with merge, rows/s', '–', round(changed))
}

/** A space on the server with so many messages; answers the token of the device that wrote them. */
async function createSpace(url, messages) {
  const owner = await mintDevice(url)
  const socket = await connect(url, owner)
  await socket.pushHistory(createHistory(messages))
  socket.close()
  return owner.token
}

/** The time to fetch the image and no more; the first fetch makes it, as the server does before a device that was paired comes. */
async function downloadImage(url, token) {
  const fetchImage = async () => (await fetch(`${url}/snapshot/0`, { headers: { authorization: `Bearer ${token}` } })).arrayBuffer()
  await fetchImage()
  const started = performance.now()
  const { byteLength } = await fetchImage()
  return { ms: performance.now() - started, megabytes: round(byteLength / 1e6) }
}

/** Answers the file of the last device, and whose it is. */
async function addFirstSync(measure, url, { messages, target }) {
  const ownerToken = await createSpace(url, messages)
  const image = await downloadImage(url, ownerToken)
  const sync = async (rowsOnly, keep) => {
    const { token, deviceId } = await mintDevice(url, ownerToken)
    const file = `first-${deviceId}`
    const synced = await measure('first-sync', { file, token, deviceId, rowsOnly, keep })
    if (synced.messages !== messages) throw new Error(`${synced.messages} of ${messages} messages arrived`)
    return { file, deviceId, ms: synced.ms }
  }
  const times = []
  for (let i = 0; i < 4; i++) times.push((await sync(false, false)).ms)
  const last = await sync(false, true)
  const ours = quantile([...times, last.ms], 0.5)
  const name = `first sync, ${messages.toLocaleString('en')} messages`
  add(`${name}, p50 ms`, target, round(ours), `its image of ${image.megabytes} MB downloaded in ${round(image.ms)}`, ours / image.ms)
  add(`${name}, as row pages, ms`, '–', round((await sync(true, false)).ms))
  return last
}

async function addSearch(measure, place) {
  const { ours, raw } = await measure('search', { ...place, searches: createSearches(200) })
  add('search in 100,000 messages, p95 ms', '≤ 50', p95(ours), `FTS5 alone, ranking every match, ${p95(raw)}`, p95(ours) / p95(raw))
}

async function addDatabase(url) {
  const browser = await openBrowser(url)
  const measure = await openBenchPage(browser.context)
  await addSends(measure)
  await addPages(measure)
  await addFirstSync(measure, url, { messages: 10_000, target: '≤ 250' })
  await addSearch(measure, await addFirstSync(measure, url, { messages: 100_000, target: '≤ 2,000' }))
  await browser.close()
}

async function addApp(url) {
  const first = await openBrowser(url)
  const second = await openBrowser(url)
  const a = await openApp(first.context)
  const b = await openApp(second.context)
  await pairWith(a, b)
  add('device A\'s commit → readable on B, p50 ms', '≤ 12', p50(await measureDelivery(a, b, 60)))
  await second.close()

  const node = await connect(url, await askServer(a, 'POST', '/auth/spsk/mint', { deviceName: 'bench' }))
  await node.pushHistory(createHistory(messagesPerThread))
  node.close()
  await a.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await a.close()
  const starts = await measureWarmStart(first.context, '/t/thread000000000000', messagesPerThread, 10)
  add(`warm start → ${messagesPerThread} messages on screen, p50 ms`, '≤ 300', p50(starts))

  for (const [what, target, end, count] of [['closed', '≤ 150', close, 20], ['frozen', '–', freeze, 5], ['killed', '–', crash, 5]]) {
    add(`tab fail-over, the leader ${what}, p95 ms`, target, p95(await measureFailOver(first.context, count, end)))
  }
  await first.close()
}

function addDownload() {
  const assets = new URL('../.output/public/_nuxt/', import.meta.url)
  const names = readdirSync(assets).filter((name) => /^(?:database\.worker.*\.js|sqlite3.*\.wasm)$/.test(name))
  const bytes = names.map((name) => brotliCompressSync(readFileSync(new URL(name, assets))).length)
  add('download for storage and sync, KB brotli', '≤ 430', round(bytes.reduce((sum, size) => sum + size, 0) / 1_000))
}

const server = await startServer({ NUXT_SIGNUP: 'open' })
const only = process.argv[2]
if (!only || only === 'database') await addDatabase(server.url)
if (!only || only === 'app') await addApp(server.url)
await server.stop()
addDownload()
report('browser', rows)
