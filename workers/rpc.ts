import { z } from 'zod'
import { createError, holdfastErrorSchema, type HoldfastError } from '~/shared/errors'
import { err, type Result } from '~/shared/result'
import { calls, events, queries, type CallName, type EventName, type QueryName } from './api'

/** What a Worker, its own scope and a MessagePort have in common. */
export interface Port {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

const frameId = z.number().int().positive()
export const callNameSchema = z.enum(Object.keys(calls) as [CallName, ...CallName[]])
export const queryNameSchema = z.enum(Object.keys(queries) as [QueryName, ...QueryName[]])
export const eventNameSchema = z.enum(Object.keys(events) as [EventName, ...EventName[]])

export const callFrameSchema = z.object({ kind: z.literal('call'), id: frameId, name: callNameSchema, request: z.unknown() })
export const watchFrameSchema = z.object({ kind: z.literal('watch'), id: frameId, name: queryNameSchema, params: z.unknown() })
export const unwatchFrameSchema = z.object({ kind: z.literal('unwatch'), id: frameId })
export type CallFrame = z.infer<typeof callFrameSchema>
export type WatchFrame = z.infer<typeof watchFrameSchema>

/** What the leader takes, from its own page or from another tab. */
export const requestFrameSchema = z.discriminatedUnion('kind', [callFrameSchema, watchFrameSchema, unwatchFrameSchema])
export type RequestFrame = z.infer<typeof requestFrameSchema>

/** Page to worker. `start` comes first; `rest` and `wake` follow the page's life (pagehide, freeze and back). */
export const pageFrameSchema = z.discriminatedUnion('kind', [
  callFrameSchema, watchFrameSchema, unwatchFrameSchema,
  z.object({ kind: z.literal('start'), build: z.string() }),
  z.object({ kind: z.literal('rest') }),
  z.object({ kind: z.literal('wake') }),
])
export type PageFrame = z.infer<typeof pageFrameSchema>

const resultSchema = z.union([z.object({ ok: z.literal(true), value: z.unknown() }), z.object({ ok: z.literal(false), error: holdfastErrorSchema })])

/** What the leader answers: once to a call, any number of times to a watch. */
export const replyFrameSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answer'), id: frameId, result: resultSchema }),
  z.object({ kind: z.literal('update'), id: frameId, answer: z.unknown() }),
  z.object({ kind: z.literal('watch-error'), id: frameId, error: holdfastErrorSchema }),
])
export type ReplyFrame = z.infer<typeof replyFrameSchema>

/** Worker to page. */
export const workerFrameSchema = z.discriminatedUnion('kind', [
  ...replyFrameSchema.options,
  z.object({ kind: z.literal('event'), name: eventNameSchema, payload: z.unknown() }),
  /** The answer to `rest`: the files are closed, and the lead is another tab's. */
  z.object({ kind: z.literal('rested') }),
  z.object({ kind: z.literal('role'), role: z.enum(['starting', 'leader', 'follower', 'outdated', 'blocked']) }),
])
export type WorkerFrame = z.infer<typeof workerFrameSchema>

/** The value parsed, or the `invalid_request` that says which member is wrong. Never the value itself: it may hold a key. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown, what: string): Result<z.output<S>> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return { ok: true, value: parsed.data }
  const issues = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || what}: ${issue.message}`)
  return err(createError('invalid_request', `malformed ${what}: ${issues.join('; ')}`))
}

/** What a failure that is a bug answers; the cause goes to the console of the worker that met it. */
export function unexpected(error: unknown): HoldfastError {
  // eslint-disable-next-line no-console -- a bug's stack has no other place to go in a worker
  console.error(error)
  return createError('internal', error instanceof Error ? error.message : 'unexpected failure')
}
