import { z } from 'zod'

/** Answer of `GET /openrouter/config`: what the browser needs to log in by PKCE. `exchange` says whether the server's half is on. */
export const openrouterConfigSchema = z.object({ ok: z.literal(true), authUrl: z.url(), apiUrl: z.url(), exchange: z.boolean() })
export type OpenRouterConfig = z.infer<typeof openrouterConfigSchema>
