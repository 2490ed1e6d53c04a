import { z } from 'zod'

/** Body of `POST /openrouter/exchange`. */
export const exchangeBodySchema = z.object({
  code: z.string().min(1).max(512), codeVerifier: z.string().min(43).max(128), codeChallengeMethod: z.literal('S256'),
})
/** Its answer. */
export const exchangeAnswerSchema = z.object({ ok: z.literal(true), key: z.string(), userId: z.string().nullable() })

/** A model as the app offers it; prices are USD per token. */
export const modelSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  created: z.number(),
  contextLength: z.number().nullable(),
  maxCompletionTokens: z.number().nullable(),
  inputModalities: z.array(z.string()),
  outputModalities: z.array(z.string()),
  promptPrice: z.number().nullable(),
  completionPrice: z.number().nullable(),
  supportedParameters: z.array(z.string()),
  reasoning: z.object({ efforts: z.array(z.string()).nullable(), mandatory: z.boolean() }).nullable(),
})
export type Model = z.infer<typeof modelSchema>
/** Answer of `GET /openrouter/models`; `source` says where the list came from, `fetchedAt` when (ms). */
export const modelsAnswerSchema = z.object({
  ok: z.literal(true), models: z.array(modelSchema), source: z.enum(['provider', 'cache', 'snapshot']), fetchedAt: z.number(),
})
