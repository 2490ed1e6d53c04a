import { Readable } from 'node:stream'
import { defineEventHandler, getQuery, setResponseStatus, type EventHandler, type H3Event } from 'h3'
import type { z } from 'zod'
import { createError, errorStatus, fail, HoldfastException, type HoldfastError } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { getContext, type Context } from '../context'
import type { Log } from '../log'
import { toStorageFailure } from '../sql/storage-failure'
import type { Identity } from '../tokens/tokens'
import { authenticateRequest } from './authenticate'
import { readJsonBody } from './body'
import { logFailure } from './client-gone'
import { openStranger } from './stranger-bytes'
import { sendStream } from './stream'

export interface JsonRoute<Body extends z.ZodType, Query extends z.ZodType> {
  /** `device` wants a Bearer token, `renewing` takes one that expired a while ago as well; `none` leaves it to the handler. */
  auth: 'device' | 'renewing' | 'none'
  body?: Body
  query?: Query
  /** Bytes of the body, 4 KiB if absent: who calls is proved before it is read, but where the proof is in it. */
  limit?: number
}

export interface JsonCall<Body, Query, Who> { event: H3Event, body: Body, query: Query, identity: Who, context: Context }

/** An answer that is JSON text already, `ok` included: for pages of the log, and where a failure carries more than its error. */
export class JsonText {
  constructor(readonly text: string) {}
}

/**
 * A route that answers `{ ok: true, ...value }`, or `{ ok: false, error }` with the code's status. Body and query are parsed before
 * the handler runs. A stream or `JsonText` goes out as it is. Whatever it throws that is not a HoldfastException is logged and answered as `internal`, without its words.
 */
export function defineJsonHandler<Body extends z.ZodType, Query extends z.ZodType, Auth extends JsonRoute<Body, Query>['auth']>(
  route: JsonRoute<Body, Query> & { auth: Auth },
  handle: (call: JsonCall<z.output<Body>, z.output<Query>, Auth extends 'none' ? null : Identity>) => Promise<object> | object,
): EventHandler {
  return defineEventHandler(async (event) => {
    const context = getContext(event)
    try {
      event.node.res.setHeader('cache-control', 'no-store')
      const identity = route.auth === 'none' ? null : await authenticateRequest(event, context, { renewing: route.auth === 'renewing' })
      const query = route.query ? parse(route.query, getQuery(event), 'query') : undefined
      const body = await parseBody(event, route, context)
      const call = { event, body, query, identity, context } as JsonCall<z.output<Body>, z.output<Query>, Auth extends 'none' ? null : Identity>
      const value = await handle(call)
      if (value instanceof Readable) return await sendStream(event, value)
      if (!(value instanceof JsonText)) return { ok: true, ...value }
      event.node.res.setHeader('content-type', 'application/json')
      return value.text
    } catch (error) {
      return answerError(event, error, context.log)
    }
  })
}

async function parseBody<Body extends z.ZodType>(event: H3Event, { auth, body, limit = limits.smallBodyBytes }: JsonRoute<Body, z.ZodType>, context: Context) {
  if (event.method === 'GET' || event.method === 'HEAD') return undefined
  // Read even where none is wanted: a foreign content type is refused on every route that changes something.
  const stranger = auth === 'none' ? openStranger(event, context) : null
  try {
    const value = await readJsonBody(event, limit, stranger?.hold)
    return body ? parse(body, value, 'body') : undefined
  } finally {
    stranger?.release()
  }
}

/** Parses what came from outside; fails with `invalid_request` and the paths that are wrong, never with their values. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, 10).map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  return fail('invalid_request', `the ${what} is not as expected`, { issues })
}

/** What was thrown, as the error that may be shown. A bug is logged with its cause and becomes `internal`. */
function toHoldfastError(event: H3Event, error: unknown, log: Log): HoldfastError {
  if (error instanceof HoldfastException) return error.error
  const storage = toStorageFailure(error)
  if (storage) {
    if (storage.error.code !== 'invalid_request') log.error({ err: error }, storage.message)
    return storage.error
  }
  logFailure(event, error, log)
  return createError('internal', 'something went wrong on the server')
}

/** Answers a failure in Holdfast's own shape. */
export function answerError(event: H3Event, error: unknown, log: Log): { ok: false, error: HoldfastError } {
  const shown = toHoldfastError(event, error, log)
  setResponseStatus(event, errorStatus[shown.code])
  const retryAfter = shown.details?.retryAfter
  if (typeof retryAfter === 'number') event.node.res.setHeader('retry-after', String(Math.ceil(retryAfter)))
  return { ok: false, error: shown }
}
