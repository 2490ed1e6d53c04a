import { z } from 'zod'
import { errorCodeSchema } from '../errors'

/** A frame that could not be taken; the socket stays open. `retryAfter` in seconds. */
export const errorMessageSchema = z.object({
  type: z.literal('error'), code: errorCodeSchema, message: z.string(), retryable: z.boolean(), retryAfter: z.number().optional(), rq: z.number().optional(),
})
export type ErrorMessage = z.infer<typeof errorMessageSchema>
