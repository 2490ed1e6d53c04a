// Many runs at once through the built server, beside the same client reading the fake provider directly; and what one reply leaves in the log.
// node bench/runs.mjs [--runs 200] [--tokens 250] [--rate 50]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { createParser } from 'eventsource-parser'
import { connect, mintDevice, newId, quantile, report, round, startServer } from './support.mjs'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '200' }, tokens: { type: 'string', default: '250' }, rate: { type: 'string', default: '50' } } })
const runs = Number(values.runs)
/** One space streams sixteen at a time. */
const perSpace = 16
const key = `sk-or-v1-${'0'.repeat(64)}`
const model = `fake/clock?count=${values.tokens}&tps=${values.rate}&split=0`
const now = () => performance.timeOrigin + performance.now()

/** Reads an answer's tokens, each of which is the time at which the provider wrote it; `take` gets them as they come. */
async function readTokens(response, pick, take) {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const parser = createParser({
    onEvent({ event, data }) {
      const text = data === '[DONE]' ? '' : pick(JSON.parse(data), event)
      for (const token of text.split(' ')) if (token) take(Number(token))
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }))
}

/** Opens all streams, one every few ms: how long each waits for its first token, and how old each token is when it arrives. */
async function measure(open, pick) {
  const ages = []
  const firsts = []
  await Promise.all(Array.from({ length: runs }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 20))
    const asked = now()
    let isFirst = true
    await readTokens(await open(i), pick, (written) => {
      ages.push(now() - written)
      if (isFirst) firsts.push(now() - asked)
      isFirst = false
    })
  }))
  return { first: quantile(firsts, 0.5), firstP99: quantile(firsts, 0.99), age: quantile(ages, 0.5), ageP99: quantile(ages, 0.99), tokens: ages.length }
}

/** What a send writes, its options, and the request that starts its run. */
function createSend(asked) {
  const [thread, parent, message, run] = [newId(), newId(), newId(), newId()]
  const created_at = Date.now()
  const cell = { usage: null, error: null, deleted: 0, created_at, thread }
  const rows = [
    { t: 'thread', k: thread, c: { title: 'bench', deleted: 0, created_at } },
    { t: 'message', k: parent, c: { ...cell, parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text: 'x' }] } },
    { t: 'message', k: message, c: { ...cell, parent, role: 'assistant', status: 'queued', parts: [], run } },
  ]
  return { rows, reply: message, body: { threadId: thread, runId: run, parentMessageId: parent, messageId: message, options: { openrouterApiKey: key, model: asked } } }
}

const fake = spawn(process.execPath, ['tests/fakes/openrouter/main.mjs'], { stdio: ['ignore', 'pipe', 'inherit'] })
const [line] = await once(fake.stdout, 'data')
const { apiUrl } = JSON.parse(line)
const server = await startServer({ NUXT_SIGNUP: 'open', NUXT_OPENROUTER_API_URL: apiUrl })
const post = (url, body, token) => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'accept': 'text/event-stream', 'authorization': `Bearer ${token}` }, body: JSON.stringify(body) })
const startRun = ({ body, token }) => post(`${server.url}/run_thread`, body, token)
const deltaText = (data, event) => (event === 'run-delta' ? data.parts.map((part) => part.text ?? '').join('') : '')

/** So many sends in a new space, pushed; `socket` is the device that made them. */
async function pushSends(count, asked) {
  const device = await mintDevice(server.url)
  const socket = await connect(server.url, device)
  const sends = Array.from({ length: count }, () => ({ ...createSend(asked), token: device.token }))
  await socket.pushHistory(sends.flatMap(({ rows }) => rows))
  return { sends, socket }
}

try {
  const direct = await measure(() => post(`${apiUrl}/chat/completions`, { model, stream: true, messages: [{ role: 'user', content: 'x' }] }, key), (data) => data.choices[0]?.delta.content ?? '')
  const sends = []
  while (sends.length < runs) {
    const space = await pushSends(perSpace, model)
    space.socket.close()
    sends.push(...space.sends)
  }
  const before = server.usage()
  const began = now()
  const through = await measure((i) => startRun(sends[i]), deltaText)
  const after = server.usage()
  const seconds = (now() - began) / 1_000
  if (through.tokens !== direct.tokens) throw new Error(`${through.tokens} of ${direct.tokens} tokens arrived`)

  const { sends: [send], socket } = await pushSends(1, 'fake/clock?count=1000&tps=100&split=0')
  const { changes: pushed } = await socket.pull(0)
  await readTokens(await startRun(send), deltaText, () => {})
  const { changes } = await socket.pull(pushed.length)
  socket.close()
  const ofReply = changes.filter(({ k }) => k === send.reply)
  if (ofReply.at(-1)?.c.status !== 'final') throw new Error('the reply did not end')

  const added = (name) => [round(through[name] - direct[name]), `${round(direct[name])} directly, ${round(through[name])} through`, round(through[name] / direct[name])]
  report('runs', [
    [`${runs} runs at ${values.rate} tokens/s: added time to the first token, p50 ms`, '≤ 5', ...added('first')],
    ['added time to the first token, p99 ms', '–', ...added('firstP99')],
    ['added time to each token, p50 ms', '–', ...added('age')],
    ['added time to each token, p99 ms', '–', ...added('ageP99')],
    ['share of one core while they stream', '–', round((after.cpu - before.cpu) / seconds), '–', '–'],
    ['memory while they stream, MB', '–', round(after.megabytes), `${round(before.megabytes)} before`, '–'],
    ['streaming 100 tokens/s: log changes of a reply of 1,000 tokens', '≤ 3', ofReply.length, 'one per token: 1,000', round(ofReply.length / 1_000)],
  ])
} finally {
  fake.kill()
  await server.stop()
}
