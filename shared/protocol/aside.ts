import { z } from 'zod'

/** A key that one side could not read and left out: table, key and why. */
export const asideKeySchema = z.object({ t: z.string(), k: z.string(), reason: z.string() })
export type AsideKey = z.infer<typeof asideKeySchema>

/** How many keys aside an answer names; more than these are counted only. */
export const asideNamed = 200

/**
 * Answer of `GET /aside`: what the server keeps aside of the space, the first ones with all that is kept of them, as the texts they are.
 * `POST /aside` tries each again and answers the same of what remains, with `returned` for those that came back.
 */
export const asideAnswerSchema = z.object({
  ok: z.literal(true),
  count: z.number().int().nonnegative(),
  returned: z.number().int().nonnegative().optional(),
  keys: z.array(asideKeySchema.extend({
    at: z.number(),
    row: z.string().nullable(),
    changes: z.array(z.object({ seq: z.number(), device: z.string(), n: z.number(), h: z.string(), c: z.string() })),
  })),
})
