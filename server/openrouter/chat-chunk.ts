import { z } from 'zod'

/**
 * A frame of a streamed answer, or a whole answer that was not streamed. Read with care: a member of an unexpected kind counts as absent,
 * so that one new thing of the provider's never costs the text around it.
 */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined)
const text = optional(z.string())

export const providerErrorSchema = z.object({
  code: optional(z.union([z.number(), z.string()])),
  message: text,
  metadata: optional(z.record(z.string(), z.unknown())),
  availability: optional(z.looseObject({ code: text, retryable: optional(z.boolean()), retry_after: optional(z.number()) })),
})
export type ProviderErrorBody = z.infer<typeof providerErrorSchema>

const toolCallSchema = z.object({
  index: optional(z.number().int().nonnegative()), id: text, function: optional(z.object({ name: text, arguments: text })),
})
const annotationSchema = z.object({ type: z.string(), url_citation: optional(z.object({ url: z.string(), title: text, content: text })) })
const imageSchema = z.object({ image_url: z.object({ url: z.string() }) })
const detailSchema = z.looseObject({ type: z.string(), index: optional(z.number()), text, summary: text, data: text, signature: text })
export type ReasoningDetail = z.infer<typeof detailSchema>

/** What some models send in place of a text: pieces of text, of what they thought, and pictures. */
const contentPartSchema = z.object({
  type: text, text, image_url: optional(z.object({ url: z.string() })),
  thinking: optional(z.union([z.string(), z.array(z.object({ text }))])),
})
const list = <T extends z.ZodType>(schema: T) => optional(z.array(schema))
export const deltaSchema = z.object({
  content: optional(z.union([z.string(), z.array(contentPartSchema.nullable().catch(null))])), refusal: text, reasoning: text,
  /** What other OpenAI-compatible servers call `reasoning`. */
  reasoning_content: text,
  reasoning_details: list(detailSchema), tool_calls: list(toolCallSchema), images: list(imageSchema), annotations: list(annotationSchema),
})
export type Delta = z.infer<typeof deltaSchema>

const usageSchema = z.object({
  prompt_tokens: optional(z.number()), completion_tokens: optional(z.number()), cost: optional(z.number()),
  prompt_tokens_details: optional(z.object({ cached_tokens: optional(z.number()) })),
  completion_tokens_details: optional(z.object({ reasoning_tokens: optional(z.number()) })),
})
export type ProviderUsage = z.infer<typeof usageSchema>

export const chunkSchema = z.object({
  id: text, model: text, provider: text,
  choices: list(z.object({ delta: optional(deltaSchema), message: optional(deltaSchema), finish_reason: text, error: optional(providerErrorSchema) })),
  usage: optional(usageSchema),
  error: optional(providerErrorSchema),
})
export type Chunk = z.infer<typeof chunkSchema>
