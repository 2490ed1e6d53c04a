import { z } from 'zod'
import { messageIdSchema, runIdSchema, threadIdSchema } from '../domain/ids'
import { runOptionsSchema } from './run'

/** Body of `POST /run_thread`. Without a `messageId` the reply's id is the run's and the server creates its row. */
export const runThreadBodySchema = z.object({
  threadId: threadIdSchema,
  runId: runIdSchema,
  parentMessageId: messageIdSchema,
  messageId: messageIdSchema.optional(),
  options: runOptionsSchema,
})
export type RunThreadBody = z.infer<typeof runThreadBodySchema>
