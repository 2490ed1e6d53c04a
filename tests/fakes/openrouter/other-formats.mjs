import { readFixture } from './fixtures.mjs'
import { splitBytes } from './random.mjs'

/**
 * `POST /responses` and `POST /messages`: stored streams, picked by the slug (`fixture/responses-failed`) or the basic one.
 * @param {import('./state.mjs').FakeState} state
 * @param {'responses' | 'messages'} format
 * @param {{ body: any, response: import('node:http').ServerResponse, json: (status: number, value: unknown) => void }} call
 */
export async function otherFormat(state, format, { body, response, json }) {
  if (format === 'responses' && (body?.store === true || (body?.previous_response_id ?? null) !== null)) {
    return json(400, { error: { code: 400, message: 'store and previous_response_id are not supported: this API is stateless' } })
  }
  const named = typeof body?.model === 'string' && body.model.startsWith(`fixture/${format}-`) ? body.model.slice('fixture/'.length) : `${format}-basic`
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const piece of splitBytes(readFixture(`${named}.sse`), state.random)) response.write(piece)
  response.end()
}

/** `GET /generation?id=`: not there in the first second, as with the real one. @param {import('./state.mjs').FakeState} state @param {string | null} id */
export function describeGeneration(state, id) {
  const generation = id === null ? undefined : state.generations.get(id)
  if (!generation || state.options.now() - generation.at < 1_000) return { status: 404, json: { error: { code: 404, message: `Generation ${id} not found` } } }
  return {
    status: 200,
    json: { data: { id, model: generation.model, provider_name: 'Fake', created_at: new Date(generation.at).toISOString(), streamed: true, cancelled: false, total_cost: 0.0000123, session_id: generation.session } },
  }
}
