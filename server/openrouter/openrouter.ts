import { setTimeout as sleep } from 'node:timers/promises'
import { callChat, type ChatCall, type Upstream } from './chat'
import { exchangeCode, type ExchangeRequest } from './exchange'
import { readKeyLimits } from './key-limits'
import { createModelList } from './models'
import { parseUpstreamUrl } from './upstream'

export interface OpenRouterOptions {
  /** `NUXT_OPENROUTER_API_URL`: https, or this machine. */
  apiUrl: string
  /** Where people reach this server, if it has an address. */
  publicUrl: string | null
  now: () => number
  headersMs?: number
  idleMs?: number
  wait?: Upstream['wait']
}

/** Everything the server asks of OpenRouter. It keeps no key: each call brings its own. */
export function createOpenRouter({ apiUrl, publicUrl, now, headersMs = 120_000, idleMs = 120_000, wait = waitFor }: OpenRouterOptions) {
  const upstream: Upstream = {
    apiUrl: parseUpstreamUrl(apiUrl, 'NUXT_OPENROUTER_API_URL'), referer: publicUrl ?? 'http://localhost:3000', now, headersMs, idleMs, wait,
  }
  return {
    idleMs,
    models: createModelList(upstream),
    chat: (call: ChatCall) => callChat(upstream, call),
    exchange: (request: ExchangeRequest) => exchangeCode(upstream, request),
    keyLimits: (key: string) => readKeyLimits(upstream, key),
  }
}
export type OpenRouter = ReturnType<typeof createOpenRouter>

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal })
}
