import { z } from 'zod'
import { asideKeySchema } from './aside'

/**
 * `GET /snapshot/:seq` answers the merged state of a space at its head (which may be above the `seq` asked for): a SQLite image made by the
 * replica's own migrations (`shared/sql/replica.ts`), with `epoch` and `cursor` (the head) in its `meta` table, or with `?format=rows` NDJSON: a head line, one line per row,
 * and an end line that shows that nothing was cut off. Keys that the server could not read are in neither, and are named: as `aside` in `meta`, as a
 * JSON text, or in the end line. What a replica has of those is its own.
 */
export const snapshotHeadSchema = z.object({ seq: z.number().int().nonnegative(), epoch: z.string(), schema: z.number().int(), rows: z.number().int().nonnegative() })
export const snapshotRowSchema = z.object({
  t: z.string(), k: z.string(), c: z.record(z.string(), z.unknown()), h: z.string(), hx: z.record(z.string(), z.string()),
})
export const snapshotEndSchema = z.object({ end: z.literal(true), rows: z.number().int().nonnegative(), aside: z.array(asideKeySchema).optional() })
