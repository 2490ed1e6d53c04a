import { defineEventHandler, setResponseStatus } from 'h3'
import { limits } from '~/shared/limits'
import { runThreadBodySchema } from '~/shared/protocol/run-thread'
import { getContext } from '~/server/context'
import { answerError, parse } from '~/server/http/answer'
import { authenticateRequest } from '~/server/http/authenticate'
import { readJsonBody } from '~/server/http/body'
import { streamEvents } from '~/server/runs/event-stream'

/** Starts a run, or finds the one with this id: an event stream from its first step for a caller that takes one, else 202. */
export default defineEventHandler(async (event) => {
  const context = getContext(event)
  try {
    const { spaceId, deviceId } = await authenticateRequest(event, context)
    const body = parse(runThreadBodySchema, await readJsonBody(event, limits.bodyBytes), 'body')
    const state = await context.runs.start({ space: spaceId, device: deviceId, body })
    if (event.node.req.headers.accept?.includes('text/event-stream')) return await streamEvents(event, context.runs, { space: spaceId, run: body.runId, after: 0 })
    setResponseStatus(event, 202)
    return { ok: true, ...state }
  } catch (error) {
    return answerError(event, error, context.log)
  }
})
