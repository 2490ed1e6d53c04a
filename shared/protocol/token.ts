import { z } from 'zod'

export const renewSchema = z.object({ type: z.literal('renew') })
/** The token ends at `at` (ms): renew it. */
export const tokenExpiringSchema = z.object({ type: z.literal('token-expiring'), at: z.number() })
/** The new token; the old one ends when the new one first authenticates. */
export const tokenRenewedSchema = z.object({ type: z.literal('token-renewed'), token: z.string(), expiresAt: z.number() })
