import { z } from 'zod'

export const pingSchema = z.object({ type: z.literal('ping'), t: z.number(), cursor: z.number().int().nonnegative() })
/** `t` is the ping's own, `now` the server's time, both in ms. */
export const pongSchema = z.object({ type: z.literal('pong'), t: z.number(), now: z.number(), head: z.number().int().nonnegative() })
export type Pong = z.infer<typeof pongSchema>
