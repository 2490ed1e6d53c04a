import { z } from 'zod'
import { asideKeySchema } from './aside'

/**
 * Answer of `GET /fingerprint`: what `Check sync` compares. For each table the rows counted, and per range (`bucketOfKey`) the sum of
 * `hashEntity` modulo `fingerprintModulus`; `head` is the sequence number at which all of it stood.
 * `aside` names keys that the server could not read and that are not in the sums. A replica names those of its own in the query,
 * `without=[[table, key], …]`, at most 100, and they are taken off.
 */
export const fingerprintAnswerSchema = z.object({
  ok: z.literal(true),
  head: z.number().int().nonnegative(),
  tables: z.record(z.string(), z.object({ rows: z.number().int().nonnegative(), sums: z.array(z.number().int().nonnegative()) })),
  aside: z.array(asideKeySchema).optional(),
})
