import { z } from 'zod'
import { deviceIdSchema, spaceIdSchema } from '../domain/ids'

/** First frame of a client. `cursor` 0 and `epoch` null on a device that has none yet; `n` its last change; `t` its clock in ms. */
export const helloSchema = z.object({
  type: z.literal('hello'),
  v: z.number().int(),
  space: spaceIdSchema.nullable(),
  device: deviceIdSchema,
  cursor: z.number().int().nonnegative(),
  epoch: z.string().nullable(),
  n: z.number().int().nonnegative(),
  schema: z.number().int().nonnegative(),
  t: z.number(),
})
export type Hello = z.infer<typeof helloSchema>
