import { z } from 'zod'

/**
 * What the opencode share client sends (v1.18). It never retries, batches a second of updates, and sends the whole session in one
 * body, so the body limit is high and a single bad item must not cost the rest.
 */

export const createBodySchema = z.object({ sessionID: z.string().min(1).max(200) })
export const syncBodySchema = z.object({ secret: z.string().min(1).max(200), data: z.array(z.unknown()) })
/** The secret is absent when the owner deletes with a device token instead. */
export const deleteBodySchema = z.object({ secret: z.string().min(1).max(200).optional() })

/** One thing a client may update on its own; what `data` holds depends on `type` and is kept as it came. */
export const itemSchema = z.object({ type: z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/), data: z.unknown().refine((data) => data !== undefined) })
export type Item = z.infer<typeof itemSchema>

/** Why an item of a batch was left out; the others of its batch are stored. */
export interface ItemRejection { index: number, message: string }
