// The sync server: durable pushes, batches, pages and delivery between two devices, beside the raw limit of its database in the same run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { connect, mintDevice, quantile, report, round, startServer } from './support.mjs'

const seconds = 4
/** As many as fit into one push of 256 KiB. */
const batch = 400
const server = await startServer({ NUXT_SIGNUP: 'open' })

/** How many times a second `work` ends, with `workers` of it at once. */
async function rate(workers, work) {
  const end = performance.now() + seconds * 1_000
  const counts = await Promise.all(Array.from({ length: workers }, async (_, index) => {
    let count = 0
    while (performance.now() < end) count += await work(index)
    return count
  }))
  return counts.reduce((sum, count) => sum + count, 0) / seconds
}

// The raw limit: one row in one commit with synchronous=FULL, and rows in batches, by the same library on the same disk.
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
const raw = new Database(join(folder, 'raw.sqlite3'))
raw.pragma('journal_mode = wal')
raw.pragma('synchronous = full')
raw.exec('create table log (seq integer primary key, space text, device text, n integer, columns text) strict; create table entity (pk text primary key, columns text) strict')
const insertLog = raw.prepare('insert into log (space, device, n, columns) values (?, ?, ?, ?)')
const insertEntity = raw.prepare('insert or replace into entity values (?, ?)')
let n = 0
const text = 'a message of an ordinary length, so that a row weighs what a row weighs in use. '.repeat(3)
const writeRaw = () => { n++; insertLog.run('space', 'device', n, text); insertEntity.run(`k${n}`, text) }
const rawOne = raw.transaction(writeRaw)
const rawMany = raw.transaction((count) => { for (let i = 0; i < count; i++) writeRaw() })
const rawPushes = await rate(1, async () => { rawOne(); return 1 })
const rawChanges = await rate(1, async () => { rawMany(batch); return batch })
raw.close()
rmSync(folder, { recursive: true, force: true })

const writers = await Promise.all(Array.from({ length: 16 }, async () => connect(server.url, await mintDevice(server.url))))
const pushes = await rate(writers.length, async (index) => { await writers[index].push(1, text); return 1 })
const single = await rate(1, async () => { await writers[0].push(1, text); return 1 })
const changes = await rate(2, async (index) => { await writers[index].push(batch, text); return batch })
const [reader] = writers
// Never from 0: a log this long would be answered with an image.
let cursor = 1
const pulled = await rate(1, async () => {
  const page = await reader.pull(cursor)
  cursor = page.more ? page.to : 1
  return page.changes.length
})

const owner = await mintDevice(server.url)
const a = await connect(server.url, owner)
const b = await connect(server.url, await mintDevice(server.url, owner.token))
const delays = []
for (let i = 0; i < 500; i++) {
  const started = performance.now()
  const arrived = b.next('changes')
  await Promise.all([a.push(1, text), arrived])
  delays.push(performance.now() - started)
}
for (const socket of [...writers, a, b]) socket.close()
await server.stop()

report('server', [
  ['single pushes a second, 16 devices', '≥ 2,000', round(pushes), `${round(rawPushes)} commits`, round(pushes / rawPushes)],
  ['single pushes a second, one device', '–', round(single), `${round(rawPushes)} commits`, round(single / rawPushes)],
  [`changes a second in pushes of ${batch}`, '≥ 20,000', round(changes), `${round(rawChanges)} rows`, round(changes / rawChanges)],
  ['changes a second pulled', '–', round(pulled), '–', '–'],
  ['one device sends → another one\'s socket has it, p50 ms', '–', round(quantile(delays, 0.5)), '–', '–'],
  ['one device sends → another one\'s socket has it, p99 ms', '–', round(quantile(delays, 0.99)), '–', '–'],
])
