import { z } from 'zod'

/** A key that one side could not read and left out: table, key and why. */
export const asideKeySchema = z.object({ t: z.string(), k: z.string(), reason: z.string() })
export type AsideKey = z.infer<typeof asideKeySchema>

/** How many keys aside an answer names; more than these are counted only. */
export const asideNamed = 200

/** What the rows and changes of one answer take together, as texts; one alone may be longer. */
export const asideBytes = 1024 * 1024

/**
 * Answer of `GET /aside?after=…`: what the server keeps aside of the space, oldest first, as the texts they are. Where there is more than one
 * answer takes, `next` is the `after` of the next one, which goes on where this one ended: a key whose changes go on is named again, without
 * its row. `waiting` and `bytes` are of all changes of a key. `POST /aside` tries each again and answers the same of what remains, from its
 * start, with `returned` for those that came back.
 */
export const asideAnswerSchema = z.object({
  ok: z.literal(true),
  count: z.number().int().nonnegative(),
  returned: z.number().int().nonnegative().optional(),
  next: z.string().optional(),
  keys: z.array(asideKeySchema.extend({
    at: z.number(),
    waiting: z.number().int().nonnegative().optional(),
    bytes: z.number().int().nonnegative().optional(),
    row: z.string().nullable(),
    changes: z.array(z.object({ seq: z.number(), device: z.string(), n: z.number(), h: z.string(), c: z.string() })),
  })),
})
