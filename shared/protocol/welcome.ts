import { z } from 'zod'

/** Answer to `hello`. `upto` is the device's last stored `n`, `uptoClock` the clock of that change, `now` the server's time in ms. */
export const welcomeSchema = z.object({
  type: z.literal('welcome'),
  epoch: z.string(),
  space: z.string(),
  head: z.number().int().nonnegative(),
  floor: z.number().int().nonnegative(),
  upto: z.number().int().nonnegative(),
  uptoClock: z.string().nullable(),
  now: z.number(),
  limits: z.object({ pushChanges: z.number(), pushBytes: z.number(), changeBytes: z.number(), pageChanges: z.number() }),
})
