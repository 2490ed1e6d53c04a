import { z } from 'zod'
import type { RunId } from '~/shared/domain/ids'
import type { ClientMessage } from '~/shared/protocol/client-message'
import { runDeltaSchema, runEndSchema, type RunDelta, type RunEnd } from '~/shared/protocol/run'
import type { HttpDeps } from './http-exchange'
import type { Schedule } from './ports'

/** Before a stream that broke, or a run that the server does not know yet, is asked for again. */
const againMs = 2_000

interface RunStreamDeps {
  http: HttpDeps
  schedule: Schedule
  receive(message: RunDelta | RunEnd): void
  /** The stream of this run is over without its end: to be attached to again if anyone still listens. */
  broken(run: RunId): void
}

const messageSchema = z.union([runDeltaSchema, runEndSchema])

/** What `attach` and `detach` are where sockets are blocked: each run is an event stream of its own, `GET /run_thread/:runId?after=`. */
export function createRunStreams({ http, schedule, receive, broken }: RunStreamDeps) {
  const streams = new Map<RunId, AbortController>()

  function leave(run: RunId) {
    streams.get(run)?.abort()
    streams.delete(run)
  }

  async function follow(run: RunId, after: number) {
    leave(run)
    const controller = new AbortController()
    streams.set(run, controller)
    try {
      await read(run, after, controller.signal)
    } catch {
      // Broken off: what had come was taken, the rest is asked for again.
    }
    if (streams.get(run) !== controller) return
    schedule(() => {
      if (streams.get(run) !== controller) return
      streams.delete(run)
      broken(run)
    }, againMs)
  }

  async function read(run: RunId, after: number, signal: AbortSignal) {
    const response = await http.fetch(`/run_thread/${run}?after=${after}`, {
      headers: { authorization: `Bearer ${http.token() ?? ''}`, accept: 'text/event-stream' }, signal,
    })
    if (!response.ok || !response.body) return
    // Needed only where sockets are blocked.
    const { createParser } = await import('eventsource-parser')
    const parser = createParser({
      onEvent({ event, data }) {
        const message = signal.aborted ? null : readEvent(event, data)
        if (message?.type === 'run-end') leave(run)
        if (message) receive(message)
      },
    })
    const decoder = new TextDecoder()
    const reader = response.body.getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) parser.feed(decoder.decode(part.value, { stream: true }))
  }

  return {
    send(message: ClientMessage) {
      if (message.type === 'attach') void follow(message.run, message.after)
      else if (message.type === 'detach') leave(message.run)
    },
    end: () => [...streams.keys()].forEach(leave),
  }
}

/** An event as the socket's frame of that name. One that this build does not understand is as if it had not come. */
function readEvent(type: string | undefined, data: string): RunDelta | RunEnd | null {
  try {
    return messageSchema.parse({ ...JSON.parse(data), type })
  } catch {
    return null
  }
}
