// Many devices on one process: sockets in spaces, each space writing so many changes a second; nothing may be missing at the end.
// node bench/load.mjs [--spaces 50] [--sockets 10] [--rate 20] [--seconds 60]
import { parseArgs } from 'node:util'
import { connect, mintDevice, quantile, report, round, startServer } from './support.mjs'

const { values } = parseArgs({ options: { spaces: { type: 'string', default: '50' }, sockets: { type: 'string', default: '10' }, rate: { type: 'string', default: '20' }, seconds: { type: 'string', default: '60' } } })
const spaces = Number(values.spaces)
const perSpace = Number(values.sockets)
const rate = Number(values.rate)
const seconds = Number(values.seconds)

const server = await startServer({ NUXT_SIGNUP: 'open' })
const groups = []
for (let i = 0; i < spaces; i++) {
  const owner = await mintDevice(server.url)
  const devices = [owner]
  while (devices.length < perSpace) devices.push(await mintDevice(server.url, owner.token))
  groups.push(await Promise.all(devices.map((device) => connect(server.url, device))))
}
const before = server.usage()
const delays = []
const received = new Map()
for (const [space, sockets] of groups.entries()) {
  for (const socket of sockets.slice(1)) {
    socket.onMessage((message) => {
      if (message.type !== 'changes') return
      for (const change of message.changes) {
        if (change.t !== 'message') continue
        delays.push(performance.timeOrigin + performance.now() - change.c.created_at)
        received.set(space, (received.get(space) ?? 0) + 1)
      }
    })
  }
}

let sent = 0
let peak = before.megabytes
const end = performance.now() + seconds * 1_000
await Promise.all(groups.map(async ([writer], index) => {
  let due = performance.now() + (index / spaces) * (1_000 / rate)
  while (due < end) {
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    await writer.push(1, 'load')
    sent++
    due += 1_000 / rate
    if (index === 0) peak = Math.max(peak, server.usage().megabytes)
  }
}))
await new Promise((resolve) => setTimeout(resolve, 2_000))
const after = server.usage()
const expected = sent * (perSpace - 1)
const arrived = [...received.values()].reduce((sum, count) => sum + count, 0)
for (const sockets of groups) for (const socket of sockets) socket.close()
await server.stop()
report('load', [
  ['sockets', spaces * perSpace],
  ['changes sent', sent],
  ['changes a second, asked for', spaces * rate],
  ['changes a second, sent', round(sent / seconds)],
  ['live deliveries, expected', expected],
  ['live deliveries, arrived', arrived],
  ['delivery p50, ms', round(quantile(delays, 0.5))],
  ['delivery p99, ms', round(quantile(delays, 0.99))],
  ['memory before, MB', round(before.megabytes)],
  ['memory at its peak, MB', round(peak)],
  ['CPU of the server, share of one core', round((after.cpu - before.cpu) / seconds)],
], ['what', 'value'])
