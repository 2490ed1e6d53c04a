import { z } from 'zod'
import { loggedChangeSchema } from '../sync/change'

/** Live changes; taken only when `from` is the cursor + 1, else the client pulls. */
export const changesSchema = z.object({ type: z.literal('changes'), from: z.number().int(), to: z.number().int(), changes: z.array(loggedChangeSchema) })
export type Changes = z.infer<typeof changesSchema>
/** There is more, up to `head`: for slow or idle clients. */
export const pokeSchema = z.object({ type: z.literal('poke'), head: z.number().int().nonnegative() })
