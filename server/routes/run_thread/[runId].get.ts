import { defineEventHandler, getQuery, getRouterParam } from 'h3'
import { z } from 'zod'
import { runIdSchema } from '~/shared/domain/ids'
import { fail } from '~/shared/errors'
import { getContext } from '~/server/context'
import { answerError, parse } from '~/server/http/answer'
import { authenticateRequest } from '~/server/http/authenticate'
import { streamEvents } from '~/server/runs/event-stream'

const afterSchema = z.coerce.number().int().nonnegative()

/** Replays a run from a step on and follows it to its end. A browser that reconnects by itself says where it was by `Last-Event-ID`. */
export default defineEventHandler(async (event) => {
  const context = getContext(event)
  try {
    const { spaceId: space } = await authenticateRequest(event, context)
    const run = parse(runIdSchema, getRouterParam(event, 'runId'), 'run id')
    const after = parse(afterSchema, getQuery(event).after ?? event.node.req.headers['last-event-id'] ?? 0, 'number after')
    if (!(await context.runs.find(space, run))) fail('not_found', 'There is no such run.')
    return await streamEvents(event, context.runs, { space, run, after })
  } catch (error) {
    return answerError(event, error, context.log)
  }
})
