import { z } from 'zod'
import { messageIdSchema } from './ids'

/** What a model is told that is to write a summary: the last message of that run. */
export const summaryInstruction = 'Summarise this conversation so far, so that it can go on from the summary without these messages. Keep what was asked, answered and decided, '
  + 'and the names, numbers, code and open questions that later messages may need. Use at most 400 words, and write nothing but the summary.'

/** The system message that stands in place of the messages a summary covers. */
export const summaryToContent = (summary: string): string => `The beginning of this conversation, summarised:\n\n${summary}`

/**
 * What a person chose for a thread that outgrows its model: the value of the setting `history/<threadId>`. It holds until it is taken back.
 * Without a choice everything is sent.
 */
export const historyChoiceSchema = z.object({
  start: z.enum(['drop', 'summary']),
  /** Most tokens to send, by our estimate: set when the provider said that fewer are too many. */
  most: z.number().positive().optional(),
  /** A summary that broke off and is good enough. */
  use: messageIdSchema.optional(),
}).nullable().catch(null)
export type HistoryChoice = z.infer<typeof historyChoiceSchema>

export const historyName = (thread: string): string => `history/${thread}`
