import { z } from 'zod'
import type { Model } from '../protocol/openrouter'
import { runOptionsSchema, type RunOptions } from '../protocol/run'

const { temperature, reasoning, web_search, provider, models } = runOptionsSchema.shape

/**
 * What a person chose for the replies of a thread: the value of the setting `options/<threadId>`, or of `options/new` until a new chat's
 * first send. Only what differs from the default is in it. A member of another form counts as not chosen.
 */
export const replyOptionsSchema = z.object({
  temperature: temperature.catch(undefined),
  reasoning: reasoning.catch(undefined),
  web_search: web_search.catch(undefined),
  provider: provider.catch(undefined),
  models: models.catch(undefined),
  /** Of a new chat alone: a thread has a column for it. */
  system_prompt: z.string().optional().catch(undefined),
}).catch({})
export type ReplyOptions = z.infer<typeof replyOptionsSchema>
export type Routing = NonNullable<ReplyOptions['provider']>
export type Effort = NonNullable<NonNullable<ReplyOptions['reasoning']>['effort']>

export const optionsPrefix = 'options/'
export const optionsName = (owner: string): string => optionsPrefix + owner

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === false || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)

/** Changes some options and leaves out what is the default again. */
export function patchOptions(options: ReplyOptions, changes: ReplyOptions): ReplyOptions {
  const routing = Object.entries({ ...options.provider, ...changes.provider }).filter(([, value]) => value !== undefined)
  const next = { ...options, ...changes, provider: 'provider' in changes ? Object.fromEntries(routing) : options.provider }
  return Object.fromEntries(Object.entries(next).filter(([, value]) => !isEmpty(value)))
}

const everyEffort: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
const usualEfforts: readonly Effort[] = ['none', 'low', 'medium', 'high']

/** What of the reply settings a model can do. */
export interface Abilities {
  temperature: boolean
  /** Least first; null when it does not reason. */
  efforts: readonly Effort[] | null
  webSearch: boolean
}

/** By what the provider's list says of the model. One that is not on the list is trusted with everything. */
export function modelToAbilities(model: Model | undefined): Abilities {
  if (!model) return { temperature: true, efforts: usualEfforts, webSearch: true }
  const takes = (parameter: string): boolean => model.supportedParameters.includes(parameter)
  return {
    temperature: takes('temperature'),
    efforts: takes('reasoning') || model.reasoning ? toEfforts(model.reasoning) : null,
    // OpenRouter's search is a tool that the model calls.
    webSearch: takes('tools'),
  }
}

function toEfforts(reasoning: Model['reasoning']): readonly Effort[] {
  const stated = reasoning?.efforts
  const efforts = stated ? everyEffort.filter((effort) => effort === 'none' || stated.includes(effort)) : usualEfforts
  return reasoning?.mandatory ? efforts.filter((effort) => effort !== 'none') : efforts
}

/** The options of one run: what was chosen, without what the model cannot do. */
export function toRunOptions(id: string, options: ReplyOptions, model: Model | undefined): Omit<RunOptions, 'openrouterApiKey'> {
  const can = modelToAbilities(model)
  const effort = options.reasoning?.effort
  const fallbacks = options.models?.filter((other) => other !== id) ?? []
  // A router's list names what any of its models can do; asking for pictures would choose for it.
  const draws = model !== undefined && !id.startsWith('openrouter/') && model.outputModalities.includes('image')
  return {
    model: id,
    ...(fallbacks.length > 0 ? { models: fallbacks } : {}),
    ...(options.temperature !== undefined && can.temperature ? { temperature: options.temperature } : {}),
    ...(effort && can.efforts?.includes(effort) ? { reasoning: { effort } } : {}),
    ...(options.web_search && can.webSearch ? { web_search: true } : {}),
    ...(options.provider ? { provider: options.provider } : {}),
    ...(draws ? { modalities: model.outputModalities.includes('text') ? ['text', 'image'] : ['image'] } : {}),
  }
}
