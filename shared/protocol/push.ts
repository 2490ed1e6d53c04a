import { z } from 'zod'
import { changeSchema } from '../sync/change'

/** Changes contiguous from the server's `upto` + 1. `rq` numbers the request; an answer with an older number is dropped. */
export const pushSchema = z.object({ type: z.literal('push'), rq: z.number().int(), changes: z.array(changeSchema).max(500) })
export type Push = z.infer<typeof pushSchema>
/** Body of `POST /push`. */
export const pushBodySchema = z.object({ changes: z.array(changeSchema).max(500) })
