import { z } from 'zod'

/** What the page sends to the markdown worker, and what comes back under the same id. */
export const paintMessageSchema = z.object({
  id: z.number(),
  request: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('code'), text: z.string(), language: z.string() }),
    z.object({ kind: z.literal('math'), text: z.string(), display: z.boolean() }),
  ]),
})
export const paintedMessageSchema = z.object({ id: z.number(), html: z.string().nullable() })
export type PaintedMessage = z.infer<typeof paintedMessageSchema>
