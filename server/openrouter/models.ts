import { ofetch } from 'ofetch'
import { z } from 'zod'
import type { Model } from '~/shared/protocol/openrouter'
import { appHeaders, type Upstream } from './chat'
import { readText } from './read-text'
import snapshot from './models-snapshot.json'

const price = z.string().optional()
const entrySchema = z.object({
  id: z.string(), name: z.string(), created: z.number().catch(0), description: z.string().catch(''),
  context_length: z.number().nullish(),
  architecture: z.object({ input_modalities: z.array(z.string()), output_modalities: z.array(z.string()) }).catch({ input_modalities: ['text'], output_modalities: ['text'] }),
  pricing: z.object({ prompt: price, completion: price }).catch({}),
  top_provider: z.object({ max_completion_tokens: z.number().nullish() }).nullish().catch(null),
  supported_parameters: z.array(z.string()).catch([]),
  reasoning: z.object({ supported_efforts: z.array(z.string()).nullish(), mandatory: z.boolean().optional() }).nullish().catch(null),
})

/** A model of OpenRouter's list as the app offers it; null for an entry that makes no sense. */
export function toModel(entry: unknown): Model | null {
  const parsed = entrySchema.safeParse(entry)
  if (!parsed.success) return null
  const { data } = parsed
  return {
    id: data.id, name: data.name, description: data.description, created: data.created,
    contextLength: data.context_length ?? null,
    maxCompletionTokens: data.top_provider?.max_completion_tokens ?? null,
    inputModalities: data.architecture.input_modalities, outputModalities: data.architecture.output_modalities,
    promptPrice: toPrice(data.pricing.prompt), completionPrice: toPrice(data.pricing.completion),
    supportedParameters: data.supported_parameters,
    reasoning: data.reasoning ? { efforts: data.reasoning.supported_efforts ?? null, mandatory: data.reasoning.mandatory ?? false } : null,
  }
}

/** Routers state -1: the price is whatever they choose. */
function toPrice(text: string | undefined): number | null {
  const value = Number(text)
  return text !== undefined && Number.isFinite(value) && value >= 0 ? value : null
}

const toModels = (entries: readonly unknown[]): Model[] => entries.slice(0, mostModels).map(toModel).filter((model) => model !== null)

export interface ModelList { models: Model[], source: 'provider' | 'cache' | 'snapshot', fetchedAt: number }

const freshMs = 60 * 60_000
/** After a failure the provider is left alone for this long, so that an offline server answers at once. */
const pauseMs = 60_000
const patienceMs = 8_000
/** What a list may take, and how many of its models are offered: more than ten times what OpenRouter has. */
const longestList = 16 * 1024 * 1024
const mostModels = 5_000
/** The day of the bundled list. */
const snapshotAt = Date.UTC(2026, 4, 15)

/** The model list: the provider's for an hour, then asked for again; the last known one, or the bundled one, while it can't be reached. */
export function createModelList({ apiUrl, referer, now }: Pick<Upstream, 'apiUrl' | 'referer' | 'now'>) {
  let cached: { models: Model[], fetchedAt: number } | null = null
  let pausedUntil = 0
  let loading: Promise<Model[] | null> | null = null

  const load = async (): Promise<Model[] | null> => {
    try {
      // As a stream, so that a list without end is left before it is in memory.
      const response = await ofetch.raw(`${apiUrl}/models`, { headers: appHeaders(referer), redirect: 'error', timeout: patienceMs, retry: false, responseType: 'stream' })
      const text = await readText(response, { limit: longestList, ms: patienceMs, whole: true })
      const body = z.object({ data: z.array(z.unknown()) }).safeParse(text === null ? null : JSON.parse(text))
      const models = body.success ? toModels(body.data.data) : []
      return models.length > 0 ? models : null
    } catch {
      // Offline is an ordinary state of a self-hosted server; the caller sees it in `source`.
      return null
    }
  }

  return async function models(): Promise<ModelList> {
    if (cached && now() - cached.fetchedAt < freshMs) return { ...cached, source: 'cache' }
    if (now() >= pausedUntil) {
      loading ??= load().finally(() => { loading = null })
      const loaded = await loading
      if (loaded) {
        cached = { models: loaded, fetchedAt: now() }
        return { ...cached, source: 'provider' }
      }
      pausedUntil = now() + pauseMs
    }
    return cached ? { ...cached, source: 'cache' } : { models: toModels(snapshot), source: 'snapshot', fetchedAt: snapshotAt }
  }
}
