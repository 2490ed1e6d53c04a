// What the benches share: the built server as a process, devices on its socket, and the table of results.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'

const root = fileURLToPath(new URL('..', import.meta.url))
const letters = '0123456789abcdefghjkmnpqrstvwxyz'
export const newId = () => Array.from(randomBytes(26), (byte) => letters[byte & 31]).join('')

export const quantile = (list, q) => list.toSorted((x, y) => x - y)[Math.min(list.length - 1, Math.floor(list.length * q))]
export const round = (value) => (Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100)

export async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The built server on a folder of its own. */
export async function startServer(env = {}) {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const child = spawn(process.execPath, [join(root, '.output', 'server', 'index.mjs')], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), NUXT_DATA_DIR: folder, NUXT_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // A bench that fails or is stopped leaves no server behind.
  process.once('exit', () => child.kill())
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const url = `http://127.0.0.1:${port}`
  while (!(await fetch(`${url}/healthz`).then((answer) => answer.ok, () => false))) await new Promise((resolve) => setTimeout(resolve, 50))
  return {
    url,
    /** Resident memory in MB and CPU seconds so far, where the system tells. */
    usage() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ')
      return { megabytes: Number(fields[21]) * 4096 / 1e6, cpu: (Number(fields[11]) + Number(fields[12])) / 100 }
    },
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A device: the first of a space of its own where sign-up is open, or, with a token, another one of that space. */
export async function mintDevice(url, token) {
  for (;;) {
    const answer = await fetch(`${url}/auth/spsk/mint`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ deviceName: 'bench' }),
    })
    const body = await answer.json()
    if (body.ok) return body
    if (body.error.code !== 'rate_limited') throw new Error(`the mint answered ${answer.status} ${body.error.code}`)
    await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(answer.headers.get('retry-after') ?? 1)))
  }
}

/** A device's socket after its welcome. */
export async function connect(url, { token, deviceId, spaceId }) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/sync`, ['holdfast.v1', `spsk.${token}`])
  const waiting = new Map()
  const listeners = new Set()
  let n = 0
  let rq = 0
  const next = (type) => new Promise((resolve) => waiting.set(type, resolve))
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString())
    for (const listener of listeners) listener(message)
    const resolve = waiting.get(message.type)
    waiting.delete(message.type)
    resolve?.(message)
    if (message.type === 'error' || message.type === 'push-gap' || message.type === 'clock-skew') throw new Error(JSON.stringify(message))
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const send = (message) => socket.send(JSON.stringify(message))
  const welcome = next('welcome')
  send({ type: 'hello', v: 1, space: spaceId, device: deviceId, cursor: 0, epoch: null, n: 0, schema: 1, t: Date.now() })
  await welcome
  function pushRows(rows) {
    const changes = rows.map((row) => {
      n++
      return { n, h: `${String(Date.now()).padStart(13, '0')}:${String(n % 100_000).padStart(5, '0')}:${deviceId}.aaaa`, ...row }
    })
    const acked = next('push-ack')
    send({ type: 'push', rq: ++rq, changes })
    return acked
  }
  return {
    next,
    onMessage: (listener) => listeners.add(listener),
    closed: new Promise((resolve) => socket.once('close', resolve)),
    push(count, text) {
      const thread = newId()
      return pushRows(Array.from({ length: count }, () => ({
        t: 'message', k: newId(),
        c: { thread, parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text }], usage: null, error: null, model: null, run: null, deleted: 0, created_at: Date.now() },
      })))
    },
    /** Rows of a long history, in pushes as large as are taken. */
    async pushHistory(history) {
      let rows = []
      let bytes = 0
      for (const row of history) {
        const size = JSON.stringify(row).length + 120
        if (rows.length === 500 || bytes + size > 250_000) {
          await pushRows(rows)
          rows = []
          bytes = 0
        }
        rows.push(row)
        bytes += size
      }
      await pushRows(rows)
    },
    async pull(cursor) {
      const page = next('page')
      send({ type: 'pull', rq: ++rq, cursor, limit: 2_000 })
      return page
    },
    close: () => socket.close(),
  }
}

/** Prints rows of [what, target, ours, raw limit or peer, ratio] and keeps them for `npm run bench`. */
export function report(name, rows, head = ['what', 'target', 'Holdfast', 'raw limit or peer', 'ratio']) {
  console.log(`\n${name} (${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB)`)
  console.table(Object.fromEntries(rows.map(([what, ...values]) => [what, Object.fromEntries(values.map((value, i) => [head[i + 1], value]))])))
  mkdirSync(join(root, 'bench', 'results'), { recursive: true })
  writeFileSync(join(root, 'bench', 'results', `${name}.json`), JSON.stringify({ name, head, rows }, null, 2))
}
