import { defineJsonHandler } from '~/server/http/answer'
import type { OpenRouterConfig } from '~/shared/protocol/openrouter-config'

/** Where a browser logs in to OpenRouter, and whether this server trades the code for it. Nothing in it is secret. */
export default defineJsonHandler({ auth: 'none' }, ({ context: { config } }): Omit<OpenRouterConfig, 'ok'> => (
  { authUrl: config.openrouterAuthUrl, apiUrl: config.openrouterApiUrl, exchange: config.openrouterExchange }
))
