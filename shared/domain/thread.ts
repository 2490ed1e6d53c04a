import { z } from 'zod'
import { messageIdSchema, threadIdSchema } from './ids'

/** A thread row as the app reads it. `parent_*` say where a branch came from, no more. */
export const threadSchema = z.object({
  id: threadIdSchema,
  title: z.string(),
  pinned: z.boolean(),
  archived: z.boolean(),
  model: z.string().nullable(),
  system_prompt: z.string().nullable(),
  active_leaf: messageIdSchema.nullable(),
  parent_thread: threadIdSchema.nullable(),
  parent_message: messageIdSchema.nullable(),
  deleted: z.boolean(),
  created_at: z.number().int(),
})
export type Thread = z.infer<typeof threadSchema>

/** A thread's first title: the first line of its first message, without the marks of a heading, shortened at a word. */
export function textToTitle(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.replace(/^#{1,6}\s/, '').replace(/\s+/g, ' ').trim() ?? ''
  if (line.length <= 60) return line || 'New chat'
  const cut = line.slice(0, 60)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 40)).trimEnd()}…`
}
