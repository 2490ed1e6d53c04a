import { z } from 'zod'
import { holdfastErrorSchema } from '../errors'
import { messageIdSchema, runIdSchema, threadIdSchema } from './ids'
import { partSchema } from './part'

export const roleSchema = z.enum(['user', 'assistant', 'system'])
export const statusSchema = z.enum(['queued', 'streaming', 'final', 'stopped', 'interrupted', 'error'])
export type MessageStatus = z.infer<typeof statusSchema>

/** A message that will not change again. */
export const isTerminal = (status: string | null | undefined): boolean =>
  status === 'final' || status === 'stopped' || status === 'interrupted' || status === 'error'

/** Tokens as the provider counted them; `cost` in `currency` (OpenRouter: USD). */
export const usageSchema = z.looseObject({
  promptTokens: z.number().nonnegative(),
  completionTokens: z.number().nonnegative(),
  reasoningTokens: z.number().nonnegative().optional(),
  cachedTokens: z.number().nonnegative().optional(),
  cost: z.number().nullable().optional(),
  currency: z.string().optional(),
})
export type Usage = z.infer<typeof usageSchema>

/** A message row as the app reads it. Times are ms since 1970. */
export const messageSchema = z.object({
  id: messageIdSchema,
  thread: threadIdSchema,
  parent: messageIdSchema.nullable(),
  role: roleSchema,
  status: statusSchema,
  parts: z.array(partSchema),
  model: z.string().nullable(),
  usage: usageSchema.nullable(),
  error: holdfastErrorSchema.nullable(),
  run: runIdSchema.nullable(),
  deleted: z.boolean(),
  created_at: z.number().int(),
})
export type Message = z.infer<typeof messageSchema>

/** A summary is the system message that a model wrote; its parent is the last message it covers. It is on no path of its thread. */
export const isSummary = ({ role, model }: { role?: string | null, model?: string | null }): boolean => role === 'system' && typeof model === 'string'
