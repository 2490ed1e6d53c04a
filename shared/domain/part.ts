import { z } from 'zod'

/** Message parts, named as in the AI SDK's UIMessage. Unknown kinds are kept as they are, so that a newer device's parts survive an older one. */
export const textPartSchema = z.object({ type: z.literal('text'), text: z.string() })
export const reasoningPartSchema = z.looseObject({ type: z.literal('reasoning'), text: z.string(), ms: z.number().optional() })
export const filePartSchema = z.object({
  type: z.literal('file'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().max(255),
  mime: z.string().max(127),
  size: z.number().int().nonnegative(),
  /** Of an image, in pixels, when the device that added it could draw it: its place on the page is known before it is there. */
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
})
export const sourcePartSchema = z.looseObject({ type: z.literal('source-url'), url: z.string(), title: z.string().optional() })
/** A tool call as it came: `input` is the JSON text of its arguments, `output` what answered it, if anything did. */
export const toolPartSchema = z.looseObject({
  type: z.string().regex(/^tool-/),
  toolCallId: z.string().optional(),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
})
const knownKinds: ReadonlySet<string> = new Set(['text', 'reasoning', 'file', 'source-url'])
/** A kind this build does not know. A known kind with wrong members is not excused by this one. */
export const unknownPartSchema = z.looseObject({ type: z.string().refine((type) => !knownKinds.has(type)) })

export const partSchema = z.union([textPartSchema, reasoningPartSchema, filePartSchema, sourcePartSchema, toolPartSchema, unknownPartSchema])
export type TextPart = z.infer<typeof textPartSchema>
export type ReasoningPart = z.infer<typeof reasoningPartSchema>
export type FilePart = z.infer<typeof filePartSchema>
export type SourcePart = z.infer<typeof sourcePartSchema>
export type ToolPart = z.infer<typeof toolPartSchema>
export type Part = z.infer<typeof partSchema>

export const isTextPart = (part: Part): part is TextPart => part.type === 'text'
export const isReasoningPart = (part: Part): part is ReasoningPart => part.type === 'reasoning'
export const isFilePart = (part: Part): part is FilePart => part.type === 'file'
export const isSourcePart = (part: Part): part is SourcePart => part.type === 'source-url'
export const isToolPart = (part: Part): part is ToolPart => part.type.startsWith('tool-')

/** What a person sends: the files, then the text, if there is one. */
export const toParts = (text: string, files: readonly FilePart[]): Part[] => [...files, ...(text ? [{ type: 'text' as const, text }] : [])]

/** The readable text of a message, its text parts joined. */
export function partsToText(parts: readonly Part[]): string {
  return parts.filter(isTextPart).map((part) => part.text).join('\n\n')
}

/** Parts of one reply are numbered below this. */
export const mostParts = 10_000

/**
 * One entry of a streamed delta for the part at `index`: `text` is appended, `append.input` goes to the end of a tool's `input`, any other
 * member replaces. Devices of before `append` keep it as a member that means nothing to them, until the terminal row is there.
 */
export const partDeltaSchema = z.looseObject({
  index: z.number().int().nonnegative().max(mostParts), type: z.string(), text: z.string().optional(),
  append: z.object({ input: z.string() }).optional().catch(undefined),
})
export type PartDelta = z.infer<typeof partDeltaSchema>

/** A tool's input with a piece more. An input that is no text has no end to append to. */
export const appendInput = (input: unknown, piece: string): string => (typeof input === 'string' ? input : '') + piece

/** Applies streamed entries to parts and returns new parts; the arrays given are left alone. */
export function appendDeltas(parts: readonly Part[], deltas: readonly PartDelta[]): Part[] {
  const next = [...parts]
  for (const { index, append, ...entry } of deltas) {
    const before = next[index] as (Part & { text?: string, input?: unknown }) | undefined
    const text = entry.text === undefined ? {} : { text: (before?.text ?? '') + entry.text }
    const input = append ? { input: appendInput('input' in entry ? entry.input : before?.input, append.input) } : {}
    next[index] = { ...before, ...entry, ...text, ...input } as Part
  }
  for (let index = 0; index < next.length; index++) next[index] ??= { type: 'text', text: '' }
  return next
}
