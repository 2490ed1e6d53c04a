import { createServer } from 'node:http'
import { answerControl, createControl } from './control.mjs'
import { chat, lastUserText } from './chat.mjs'
import { authenticate, createKey, describeCredits, describeKey } from './keys.mjs'
import { listModels } from './models.mjs'
import { authorize, exchange } from './oauth.mjs'
import { describeGeneration, otherFormat } from './other-formats.mjs'
import { createState } from './state.mjs'

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET,POST,PATCH,DELETE',
  'access-control-allow-headers':
    'authorization, content-type, http-referer, x-title, x-openrouter-title, x-openrouter-categories, x-openrouter-metadata, x-session-id, x-openrouter-cache',
}

/** @param {import('node:http').IncomingMessage} request @param {number} limit @returns {Promise<Buffer | null>} null when it is too large */
async function readBody(request, limit) {
  const pieces = []
  let size = 0
  for await (const piece of request) {
    size += piece.length
    if (size <= limit) pieces.push(piece)
  }
  return size > limit ? null : Buffer.concat(pieces)
}

/** @param {Buffer} bytes */
function parseJson(bytes) {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/**
 * A stand-in for OpenRouter on real HTTP: PKCE, keys, models and streamed answers whose behaviour is chosen by the model's slug.
 * @param {import('./state.mjs').FakeOptions} [options]
 */
export async function startFakeOpenRouter(options = {}) {
  const state = createState(options)
  const control = createControl(state)

  const server = createServer((request, response) => {
    // A caller that hangs up while its body is read is no failure of the fake's.
    answer(request, response).catch(() => response.destroy())
  })

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async function answer(request, response) {
    const url = new URL(request.url ?? '/', 'http://localhost')
    /** @param {number} status @param {unknown} value @param {Record<string, string>} [headers] */
    const json = (status, value, headers = {}) => {
      record.status = status
      record.finished = true
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
      state.events.emit('progress')
    }
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value)
    /** @type {import('./state.mjs').RecordedRequest} */
    const record = {
      id: state.requests.length + 1, method: request.method ?? '', path: url.pathname, headers: /** @type {Record<string, string>} */ ({ ...request.headers }),
      body: undefined, at: Date.now(), model: null, session: null, text: null, status: null, chunks: 0, finished: false, cancelledAt: null,
    }
    const bytes = await readBody(request, state.options.bodyLimit)
    const body = bytes ? parseJson(bytes) : undefined
    if (url.pathname.startsWith('/__control/')) {
      const input = request.method === 'POST' ? body ?? {} : Object.fromEntries(url.searchParams)
      const answer = await answerControl(state, control, url.pathname.slice('/__control/'.length), input)
      return json(answer ? 200 : 404, answer ?? {})
    }
    record.body = body
    record.model = typeof body?.model === 'string' ? body.model : null
    record.session = body?.session_id ?? request.headers['x-session-id'] ?? null
    record.text = lastUserText(body)
    state.requests.push(record)
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    if (!bytes) return json(413, { error: { code: 413, message: 'Request payload too large' } })

    if (url.pathname === '/auth' || url.pathname === '/auth/approve') {
      const { status, headers, body: page } = authorize(state, url, url.pathname === '/auth/approve' && request.method === 'POST')
      return void response.writeHead(status, headers).end(page)
    }
    const route = `${request.method} ${url.pathname.replace(/^\/api\/v1/, '')}`
    if (route === 'POST /auth/keys') {
      const { status, json: value } = exchange(state, body)
      return json(status, value)
    }
    if (url.pathname.endsWith('/auth/keys')) return json(405, { error: { code: 405, message: 'Method Not Allowed' } })
    if (route === 'GET /models') return json(200, { data: listModels(), total_count: listModels().length, links: { next: null } })

    const { key, refusal } = authenticate(state, request)
    if (refusal || key === undefined) return json(refusal?.status ?? 401, refusal?.json)
    if (route === 'GET /models/user') return json(200, { data: listModels() })
    if (route === 'GET /key') return json(200, describeKey(state, key))
    if (route === 'GET /credits') {
      const { status, json: value } = describeCredits(state, key)
      return json(status, value)
    }
    if (route === 'GET /generation') {
      const { status, json: value } = describeGeneration(state, url.searchParams.get('id'))
      return json(status, value)
    }
    if (route === 'POST /responses') return otherFormat(state, 'responses', { body, response, json })
    if (route === 'POST /messages') return otherFormat(state, 'messages', { body, response, json })
    if (route === 'POST /chat/completions') return chat(state, { body, key, record, response, json })
    return json(404, { error: { code: 404, message: `No route for ${route}` } })
  }
  // A test that kills its caller leaves half-read answers behind; they must not end the process.
  server.on('clientError', (_, socket) => socket.destroy())

  await new Promise((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    /** For `NUXT_OPENROUTER_API_URL`. */
    apiUrl: `${url}/api/v1`,
    /** For `NUXT_OPENROUTER_AUTH_URL`. */
    authUrl: `${url}/auth`,
    requests: state.requests,
    violations: state.violations,
    ...control,
    createKey: () => createKey(state),
    close: () => new Promise((resolve) => {
      server.close(() => resolve(undefined))
      server.closeAllConnections()
    }),
  }
}

/** @typedef {Awaited<ReturnType<typeof startFakeOpenRouter>>} FakeOpenRouter */
