import { z } from 'zod'

/**
 * Answer of `GET /fingerprint`: what `Check sync` compares. For each table the rows counted, and per range (`bucketOfKey`) the sum of
 * `hashEntity` modulo `fingerprintModulus`; `head` is the sequence number at which all of it stood.
 */
export const fingerprintAnswerSchema = z.object({
  ok: z.literal(true),
  head: z.number().int().nonnegative(),
  tables: z.record(z.string(), z.object({ rows: z.number().int().nonnegative(), sums: z.array(z.number().int().nonnegative()) })),
})
