import { getRouterParam } from 'h3'
import { runIdSchema } from '~/shared/domain/ids'
import { defineJsonHandler, parse } from '~/server/http/answer'

/** Stops a run, keeping what came. An id that is not known is recorded as stopped: a late start of it calls nothing. */
export default defineJsonHandler({ auth: 'device' }, ({ event, identity, context }) => {
  const run = parse(runIdSchema, getRouterParam(event, 'runId'), 'run id')
  return context.runs.stop({ space: identity.spaceId, device: identity.deviceId, run })
})
