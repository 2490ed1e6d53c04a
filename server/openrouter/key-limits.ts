import { z } from 'zod'
import { err, ok, type Result } from '~/shared/result'
import { appHeaders, parseErrorBody, type Upstream } from './chat'
import { connectionError, toProviderError } from './provider-error'
import { longestAnswer, readText } from './read-text'
import { createScrubber } from './scrub'

const amount = z.number().nullish().catch(null)
const answerSchema = z.object({ data: z.object({ label: z.string().nullish(), limit: amount, limit_remaining: amount, usage: amount, usage_daily: amount, is_free_tier: z.boolean().nullish() }) })

/** A key's limits, in USD; null where there is none. `label` is the key as OpenRouter masks it. */
export interface KeyLimits { label: string | null, limit: number | null, remaining: number | null, usage: number | null, usageDaily: number | null, freeTier: boolean }

/** Asks OpenRouter about a key (`GET /key`). The key is in this call's memory only. */
export async function readKeyLimits({ apiUrl, referer, headersMs }: Upstream, key: string): Promise<Result<KeyLimits>> {
  const scrubber = createScrubber(key)
  try {
    const response = await fetch(`${apiUrl}/key`, {
      headers: { ...appHeaders(referer), Authorization: `Bearer ${key}` }, redirect: 'error', signal: AbortSignal.timeout(headersMs),
    })
    const text = await readText(response, { limit: longestAnswer, ms: headersMs, whole: true }) ?? ''
    if (!response.ok) return err(toProviderError({ status: response.status, headers: response.headers, body: parseErrorBody(text) }, scrubber))
    const { data } = answerSchema.parse(JSON.parse(text))
    return ok({
      // The masked form is OpenRouter's own; ours would take it for a key.
      label: data.label && !data.label.includes(key) ? data.label : null,
      limit: data.limit ?? null, remaining: data.limit_remaining ?? null, usage: data.usage ?? null, usageDaily: data.usage_daily ?? null,
      freeTier: data.is_free_tier ?? false,
    })
  } catch {
    return err(connectionError('unreachable', 'OpenRouter could not be reached.'))
  }
}
