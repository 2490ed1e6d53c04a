// Many devices on one process: sockets in spaces, each space writing so many changes a second; nothing may be missing at the end. Then the rate is doubled until it breaks.
// node bench/load.mjs [--spaces 50] [--sockets 10] [--rate 20] [--seconds 60]
import { parseArgs } from 'node:util'
import { connect, mintDevice, quantile, report, round, startServer } from './support.mjs'

const { values } = parseArgs({ options: { spaces: { type: 'string', default: '50' }, sockets: { type: 'string', default: '10' }, rate: { type: 'string', default: '20' }, seconds: { type: 'string', default: '60' } } })
const spaces = Number(values.spaces)
const perSpace = Number(values.sockets)
const firstRate = Number(values.rate)
const stepSeconds = 10
/** Lagging: a hundredth of the deliveries takes longer than this, or less than nine tenths of what was asked for is written. */
const lagMs = 1_000

const server = await startServer({ NUXT_SIGNUP: 'open' })
const now = () => performance.timeOrigin + performance.now()
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
/** What arrives during one rate. */
let seen = { delays: [], pokes: 0 }
const closes = []

/** Counts what a socket gets of its space, by the log's own numbers; when it is poked it pulls, as a device does. */
function follow(socket) {
  const place = { cursor: 0 }
  const take = (changes) => {
    for (const change of changes) {
      if (change.seq <= place.cursor) continue
      place.cursor = change.seq
      seen.delays.push(now() - change.c.created_at)
    }
  }
  let pulling = false
  const pull = async () => {
    if (pulling) return
    pulling = true
    for (let more = true; more;) {
      const page = await socket.pull(place.cursor)
      take(page.changes)
      more = page.more
    }
    pulling = false
  }
  socket.onMessage((message) => {
    if (message.type === 'changes') take(message.changes)
    if (message.type !== 'poke') return
    seen.pokes++
    void pull()
  })
  socket.closed.then((code) => closes.push(code))
  return place
}

async function openSpace() {
  const owner = await mintDevice(server.url)
  const writer = await connect(server.url, owner)
  const places = []
  const sockets = [writer]
  while (sockets.length < perSpace) {
    const socket = await connect(server.url, await mintDevice(server.url, owner.token))
    sockets.push(socket)
    places.push(follow(socket))
  }
  return { writer, sockets, places, sent: 0 }
}

/** Writes at one rate in every space; ends when all has arrived, or has had ten seconds to. */
async function measureRate(groups, rate, seconds) {
  seen = { delays: [], pokes: 0 }
  const before = server.usage()
  let peak = before.megabytes
  let sent = 0
  const began = performance.now()
  await Promise.all(groups.map(async (group, index) => {
    let due = began + (index / spaces) * (1_000 / rate)
    while (due < began + seconds * 1_000 && performance.now() < began + seconds * 1_500) {
      if (due > performance.now()) await wait(due - performance.now())
      await group.writer.push(1, 'load')
      group.sent++
      sent++
      due += 1_000 / rate
      if (index === 0) peak = Math.max(peak, server.usage().megabytes)
    }
  }))
  const took = (performance.now() - began) / 1_000
  const after = server.usage()
  const missing = () => groups.reduce((sum, group) => sum + group.places.reduce((behind, { cursor }) => behind + group.sent - cursor, 0), 0)
  for (let i = 0; i < 100 && missing() > 0; i++) await wait(100)
  return {
    asked: spaces * rate, written: sent / took, missing: missing(), pokes: seen.pokes, arrived: seen.delays.length, peak, before: before.megabytes,
    p50: quantile(seen.delays, 0.5), p99: quantile(seen.delays, 0.99), cpu: (after.cpu - before.cpu) / took,
  }
}

const groups = []
while (groups.length < spaces) groups.push(await openSpace())
const asked = await measureRate(groups, firstRate, Number(values.seconds))
if (asked.missing > 0) throw new Error(`${asked.missing} deliveries are missing`)

const lags = ({ p99, written, asked, missing }) => p99 > lagMs || written < asked * 0.9 || missing > 0
let rate = firstRate
let broken
do {
  rate *= 2
  broken = await measureRate(groups, rate, stepSeconds)
} while (!lags(broken) && rate < firstRate * 64)
const closesBefore = [...closes]
for (const { sockets } of groups) for (const socket of sockets) socket.close()
await server.stop()

const name = `${spaces * perSpace} sockets in ${spaces} spaces`
report('load', [
  [`${name}, ${asked.asked} changes/s: delivery, p50 ms`, '–', round(asked.p50), '–', '–'],
  [`${name}, ${asked.asked} changes/s: delivery, p99 ms`, '–', round(asked.p99), '–', '–'],
  ['deliveries missing', '0', asked.missing, `${asked.arrived.toLocaleString('en')} arrived`, '–'],
  ['memory at its peak, MB', 'bounded', round(asked.peak), `${round(asked.before)} before`, round(asked.peak / asked.before)],
  ['share of one core', '–', round(asked.cpu), '–', '–'],
  ['lags when asked for, changes/s', '–', lags(broken) ? broken.asked : `above ${broken.asked}`, `wrote ${round(broken.written)}, delivered ${round(broken.written * (perSpace - 1))} a second`, '–'],
  ['then: delivery p99 ms', '–', round(broken.p99), `p50 ${round(broken.p50)}`, '–'],
  ['then: deliveries missing after ten seconds', '–', broken.missing, `${broken.pokes} pokes, ${closesBefore.length} sockets closed${closesBefore.length > 0 ? ` (${[...new Set(closesBefore)].join(', ')})` : ''}`, '–'],
  ['then: memory at its peak, MB', '–', round(broken.peak), `${round(broken.cpu)} of a core`, '–'],
])
