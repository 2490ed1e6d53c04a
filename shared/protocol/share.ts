import { z } from 'zod'
import { messageIdSchema, threadIdSchema } from '../domain/ids'
import { redactionSchema } from '../domain/redaction'

/** What the owner chooses about a thread's share. */
export const threadShareOptionsSchema = z.object({
  /** Follows the thread as it goes on; otherwise it stays as it was when it was published or last updated. */
  live: z.boolean().default(false),
  /** The first message to show; what came before it is left out. */
  fromMessageId: messageIdSchema.nullish(),
  hideReasoning: z.boolean().default(false),
  hideAttachments: z.boolean().default(false),
  redactions: z.array(redactionSchema).max(50).default([]),
})
export type ThreadShareOptions = z.infer<typeof threadShareOptionsSchema>

/** `POST /api/thread-shares`. `leaf` is the end of the path to publish, the thread's own active one without it. */
export const threadShareRequestSchema = threadShareOptionsSchema.extend({
  threadId: threadIdSchema,
  leaf: messageIdSchema.nullish(),
  /** Ms since 1970; null or absent: it stays until it is revoked. */
  expiresAt: z.number().int().positive().nullish(),
})
export type ThreadShareRequest = z.infer<typeof threadShareRequestSchema>

/** `PATCH /api/thread-shares/:id`: what is given changes, and the published copy is built anew. */
export const threadShareUpdateSchema = z.object({
  live: z.boolean(), fromMessageId: messageIdSchema.nullable(), hideReasoning: z.boolean(), hideAttachments: z.boolean(),
  redactions: z.array(redactionSchema).max(50), leaf: messageIdSchema.nullable(), expiresAt: z.number().int().positive().nullable(),
}).partial()
export type ThreadShareUpdate = z.infer<typeof threadShareUpdateSchema>

/** A share as its owner sees it. Times in ms. */
export const shareSummarySchema = z.object({
  id: z.string(),
  kind: z.enum(['session', 'thread']),
  url: z.string(),
  title: z.string(),
  /** The agent's session, or the thread. */
  sourceId: z.string(),
  live: z.boolean(),
  /** Name of the share key it came by; null for a thread. */
  keyName: z.string().nullable(),
  createdAt: z.number(), updatedAt: z.number(), expiresAt: z.number().nullable(),
  views: z.number(), syncs: z.number(), items: z.number(), bytes: z.number(),
  /** Of a thread's share only. */
  options: threadShareOptionsSchema.nullable(),
})
export type ShareSummary = z.infer<typeof shareSummarySchema>

/** A share key as its owner sees it: the key itself is shown once, when it is made. */
export const shareKeySummarySchema = z.object({
  id: z.string(), name: z.string(), createdAt: z.number(), lastUsed: z.number().nullable(), shares: z.number(),
})
export type ShareKeySummary = z.infer<typeof shareKeySummarySchema>

export const shareKeyRequestSchema = z.object({ name: z.string().trim().min(1).max(80) })

/** One page of the owner's list; `cursor` is what the page before gave as `next`. */
export const sharePageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().regex(/^\d{1,16}:[A-Za-z0-9_-]{1,64}$/).optional(),
  kind: z.enum(['session', 'thread']).optional(),
  thread: threadIdSchema.optional(),
})
