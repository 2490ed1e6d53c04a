import { z } from 'zod'
import { runIdSchema } from '../domain/ids'
import { statusSchema, usageSchema } from '../domain/message'
import { partDeltaSchema } from '../domain/part'
import { holdfastErrorSchema } from '../errors'

const seq = z.number().int().nonnegative()
/** Send the run's deltas from number `after` + 1 on. */
export const attachSchema = z.object({ type: z.literal('attach'), run: runIdSchema, after: seq })
export const detachSchema = z.object({ type: z.literal('detach'), run: runIdSchema })

/** Streamed parts; `seq` is the number of the last event in it. `retryAt`, in ms, while a call that the provider refused waits to be made again. */
export const runDeltaSchema = z.object({ type: z.literal('run-delta'), run: runIdSchema, seq, parts: z.array(partDeltaSchema), retryAt: z.number().optional() })
export type RunDelta = z.infer<typeof runDeltaSchema>
/** The run is over; its terminal row comes as a change. */
export const runEndSchema = z.object({
  type: z.literal('run-end'), run: runIdSchema, status: statusSchema, usage: usageSchema.nullish(), error: holdfastErrorSchema.nullish(),
})
export type RunEnd = z.infer<typeof runEndSchema>

/** What a run may be given besides its key; anything else is dropped (design.md, Security). */
export const runOptionsSchema = z.object({
  openrouterApiKey: z.string().min(1).max(512).optional(),
  model: z.string().min(1).max(200),
  models: z.array(z.string().min(1).max(200)).max(3).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.number().int().positive().optional(),
  reasoning: z.object({
    effort: z.enum(['max', 'xhigh', 'high', 'medium', 'low', 'minimal', 'none']).optional(),
    max_tokens: z.number().int().positive().optional(),
    exclude: z.boolean().optional(),
    enabled: z.boolean().optional(),
  }).optional(),
  provider: z.object({
    order: z.array(z.string()).max(20).optional(),
    only: z.array(z.string()).max(20).optional(),
    ignore: z.array(z.string()).max(20).optional(),
    allow_fallbacks: z.boolean().optional(),
    data_collection: z.enum(['allow', 'deny']).optional(),
    zdr: z.boolean().optional(),
    sort: z.enum(['price', 'throughput', 'latency']).optional(),
  }).optional(),
  web_search: z.boolean().optional(),
  modalities: z.array(z.enum(['text', 'image'])).optional(),
  /** Ids of ancestors that are left out of the history, oldest first ones usually. */
  omit: z.array(z.string().max(64)).max(10_000).optional(),
  /** The summary that goes out in place of the ancestors it covers. */
  summary: z.string().max(64).optional(),
  /** The reply is a summary of everything down to `parentMessageId`. */
  summarize: z.boolean().optional(),
  /** Continue the reply that `parentMessageId`'s sibling left unfinished: this text is sent as the assistant's own beginning. */
  continueFrom: z.string().max(64).optional(),
})
export type RunOptions = z.infer<typeof runOptionsSchema>
