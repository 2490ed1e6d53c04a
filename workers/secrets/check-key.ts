import { z } from 'zod'
import { createError, fail, HoldfastException } from '~/shared/errors'
import { openrouterConfigSchema } from '~/shared/protocol/openrouter-config'
import type { CallAnswer } from '../api'
import { toError } from './server-door'

const amount = z.number().nullish().catch(null)
const directSchema = z.object({ data: z.object({ label: z.string().nullish(), limit: amount, limit_remaining: amount, usage: amount, usage_daily: amount }) })

/**
 * Asks the provider itself about the key (`GET /key`): the browser may, and so the key does not pass our server for this. The server
 * only says where the provider is.
 */
export async function checkKey(fetch: typeof globalThis.fetch, origin: string, key: string): Promise<CallAnswer<'check-key'>> {
  const config = openrouterConfigSchema.safeParse(await readJson(fetch, `${origin}/openrouter/config`))
  if (!config.success) fail('provider_unavailable', 'the server does not say where OpenRouter is')
  const answer = directSchema.safeParse(await readJson(fetch, `${config.data.apiUrl}/key`, { authorization: `Bearer ${key}` }))
  if (!answer.success) fail('provider_unavailable', 'OpenRouter answered in an unknown form')
  const { label, limit, limit_remaining: remaining, usage, usage_daily: usageDaily } = answer.data.data
  return {
    label: label && !label.includes(key) ? label : null,
    limit: limit ?? null, remaining: remaining ?? null, usage: usage ?? null, usageDaily: usageDaily ?? null,
  }
}

async function readJson(fetch: typeof globalThis.fetch, url: string, headers: Record<string, string> = {}): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(15_000) })
  } catch (cause) {
    throw new HoldfastException(createError('provider_unavailable', 'OpenRouter cannot be reached'), { cause })
  }
  if (response.status === 401 || response.status === 403) fail('key_rejected', 'OpenRouter does not take this key')
  if (!response.ok) throw new HoldfastException(toError({ status: response.status, body: null }))
  return response.json()
}
