import type { H3Event } from 'h3'
import type { RunDelta, RunEnd } from '~/shared/protocol/run'
import type { AttachRequest } from './attachments'
import type { Runs } from './runs'

const heartbeatMs = 15_000

/** Answers with a run as server-sent events (design.md, Run stream), from step `after` + 1 to its end. Resolves when it is over or the caller has gone. */
export async function streamEvents(event: H3Event, runs: Runs, { space, run, after }: Pick<AttachRequest, 'space' | 'run' | 'after'>): Promise<void> {
  const response = event.node.res
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  response.flushHeaders()
  await new Promise<void>((resolve) => {
    response.once('close', resolve)
    const timer = setInterval(() => response.write(':\n\n'), heartbeatMs)
    const detach = runs.attach({
      space, run, after,
      buffered: () => response.writableLength,
      send(message) {
        response.write(toEvent(message))
        if (message.type === 'run-end') response.end()
      },
    })
    response.once('close', () => {
      clearInterval(timer)
      detach()
    })
  })
}

function toEvent({ type, ...data }: RunDelta | RunEnd): string {
  const id = 'seq' in data ? `id: ${data.seq}\n` : ''
  return `${id}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}
