import { z } from 'zod'

/**
 * How a device of the build before `append` takes a run's deltas, letter for letter as it was released: installed
 * devices go on running it. It must never follow what `shared/` does today.
 */
const partDeltaSchema = z.looseObject({ index: z.number().int().nonnegative().max(10_000), type: z.string(), text: z.string().optional() })
type PartDelta = z.infer<typeof partDeltaSchema>
interface Part { type: string, [member: string]: unknown }

const runDeltaSchema = z.object({ type: z.literal('run-delta'), run: z.string(), seq: z.number(), parts: z.array(partDeltaSchema), retryAt: z.number().optional() })

function appendDeltas(parts: readonly Part[], deltas: readonly PartDelta[]): Part[] {
  const next = [...parts]
  for (const { index, ...entry } of deltas) {
    const before = next[index] as (Part & { text?: string }) | undefined
    const text = entry.text === undefined ? {} : { text: (before?.text ?? '') + entry.text }
    next[index] = { ...before, ...entry, ...text } as Part
  }
  for (let index = 0; index < next.length; index++) next[index] ??= { type: 'text', text: '' }
  return next
}

/** What such a device shows of a reply while it streams. Throws where it would have refused a message. */
export const previousParts = (messages: readonly unknown[]): Part[] =>
  messages.reduce<Part[]>((parts, message) => appendDeltas(parts, runDeltaSchema.parse(message).parts), [])

const toolPartSchema = z.looseObject({ type: z.string().regex(/^tool-/), toolCallId: z.string().optional(), input: z.unknown().optional(), output: z.unknown().optional() })
/** Whether that device reads a part as a tool call. */
export const isPreviousToolPart = (part: unknown): boolean => toolPartSchema.safeParse(part).success
