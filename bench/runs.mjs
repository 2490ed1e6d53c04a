// Many runs at once through the built server, beside the same client reading the fake provider directly.
// node bench/runs.mjs [--runs 200] [--tokens 250] [--rate 50]
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createParser } from 'eventsource-parser'
import { freePort, quantile } from './support.mjs'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '200' }, tokens: { type: 'string', default: '250' }, rate: { type: 'string', default: '50' } } })
const runs = Number(values.runs)
const root = fileURLToPath(new URL('..', import.meta.url))
/** One space streams sixteen at a time. */
const perSpace = 16
const key = `sk-or-v1-${'0'.repeat(64)}`
const model = `fake/clock?count=${values.tokens}&tps=${values.rate}&split=0`
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const newId = () => Array.from(randomBytes(26), (byte) => alphabet[byte & 31]).join('')
const now = () => performance.timeOrigin + performance.now()

/** Starts a program and waits for a line that `ready` takes. */
function start(args, env, ready) {
  const child = spawn(process.execPath, args, { cwd: root, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)))
    let text = ''
    child.stdout.on('data', (data) => {
      text += data
      const value = ready(text)
      if (value) resolve({ child, value })
    })
  })
}

/** CPU seconds and resident megabytes of a process, where the system tells. */
async function usageOf(pid) {
  try {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')
    return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, megabytes: Number(fields[21]) * 4096 / 1e6 }
  } catch {
    return { cpu: Number.NaN, megabytes: Number.NaN }
  }
}

const round = (value) => Math.round(value * 100) / 100

/** Opens all streams, one every few ms, and notes how old each token is when it arrives. */
async function measure(pid, open, pick) {
  const ages = []
  const firsts = []
  const before = await usageOf(pid)
  const began = now()
  await Promise.all(Array.from({ length: runs }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 10))
    const response = await open(i)
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    let isFirst = true
    const parser = createParser({
      onEvent({ event, data }) {
        const text = data === '[DONE]' ? '' : pick(JSON.parse(data), event)
        for (const token of text.split(' ')) {
          if (!token) continue
          const age = now() - Number(token)
          ages.push(age)
          if (isFirst) firsts.push(age)
          isFirst = false
        }
      },
    })
    const decoder = new TextDecoder()
    for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }))
  }))
  const after = await usageOf(pid)
  const seconds = (now() - began) / 1000
  return {
    tokens: ages.length, 'first p50 ms': round(quantile(firsts, 0.5)), 'first p99 ms': round(quantile(firsts, 0.99)),
    'token p50 ms': round(quantile(ages, 0.5)), 'token p99 ms': round(quantile(ages, 0.99)),
    'seconds': round(seconds), 'cpu %': round((after.cpu - before.cpu) / seconds * 100), 'MB': round(after.megabytes),
  }
}

const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
const fake = await start(['tests/fakes/openrouter/main.mjs'], {}, (text) => (text.includes('\n') ? JSON.parse(text) : null))
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const server = await start(['.output/server/index.mjs'], {
  NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), NUXT_DATA_DIR: folder, NUXT_SIGNUP: 'open', NUXT_OPENROUTER_API_URL: fake.value.apiUrl,
}, (text) => /listening/i.test(text))

const post = (path, body, headers = {}) => fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
const json = async (response) => {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return response.json()
}

try {
  const direct = await measure(fake.child.pid, () => fetch(`${fake.value.apiUrl}/chat/completions`, {
    method: 'POST', headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'x' }] }),
  }), (data) => data.choices[0]?.delta.content ?? '')

  const sends = []
  for (let space = 0; space * perSpace < runs; space++) {
    const device = await json(await post('/auth/spsk/mint', { deviceName: `bench ${space}` }))
    const headers = { authorization: `Bearer ${device.token}` }
    const changes = []
    for (let i = 0; i < perSpace; i++) {
      const [thread, parent, message, run] = [newId(), newId(), newId(), newId()]
      const created_at = Date.now()
      const cell = { usage: null, error: null, deleted: 0, created_at, thread }
      for (const [t, k, c] of [
        ['thread', thread, { title: 'bench', deleted: 0, created_at }],
        ['message', parent, { ...cell, parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text: 'x' }] }],
        ['message', message, { ...cell, parent, role: 'assistant', status: 'queued', parts: [], run }],
      ]) changes.push({ n: changes.length + 1, t, k, h: `${String(created_at).padStart(13, '0')}:${String(changes.length).padStart(5, '0')}:${device.deviceId}.aaaa`, c })
      sends.push({ headers, body: { threadId: thread, runId: run, parentMessageId: parent, messageId: message, options: { openrouterApiKey: key, model } } })
    }
    await json(await post('/push', { changes }, headers))
  }
  const through = await measure(server.child.pid, (i) => post('/run_thread', sends[i].body, { ...sends[i].headers, accept: 'text/event-stream' }),
    (data, event) => (event === 'run-delta' ? data.parts.map((part) => part.text ?? '').join('') : ''))

  console.log(`${runs} runs, ${values.tokens} tokens each at ${values.rate}/s, ${cpus().length} cores`)
  console.table({ 'directly (cpu: the fake)': direct, 'through Holdfast (cpu: the server)': through })
  await mkdir(join(root, 'bench/results'), { recursive: true })
  await writeFile(join(root, 'bench/results/runs.json'), `${JSON.stringify({ at: new Date().toISOString(), runs, tokens: Number(values.tokens), rate: Number(values.rate), direct, through }, null, 2)}\n`)
} finally {
  server.child.removeAllListeners('exit').kill()
  fake.child.removeAllListeners('exit').kill()
  await rm(folder, { recursive: true, force: true })
}
