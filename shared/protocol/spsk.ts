import { z } from 'zod'
import { deviceIdSchema, spaceIdSchema } from '../domain/ids'
import { limits } from '../limits'

/** An SPSK: 32 random bytes as base64url. */
export const tokenSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const deviceNameSchema = z.string().trim().min(1).max(limits.deviceNameLength)

/** Body of `POST /auth/spsk/mint`. */
export const mintBodySchema = z.object({
  deviceName: deviceNameSchema,
  deviceId: deviceIdSchema.optional(),
  claimCode: z.string().max(64).optional(),
  pairingCode: z.string().max(64).optional(),
  /** The space that this device holds: a server that nobody owns becomes that space's server again, and gets back what its devices hold. */
  spaceId: spaceIdSchema.optional(),
})
/** Its answer; also `POST /auth/spsk/renew`'s. `expiresAt` in ms. */
export const mintAnswerSchema = z.object({
  ok: z.literal(true), token: tokenSchema, tokenId: z.string(), spaceId: z.string(), deviceId: z.string(), expiresAt: z.number(),
})
/** One device in the answer `{ ok, devices }` of `GET /auth/spsk`. Times in ms. */
export const deviceSchema = z.object({
  id: z.string(), deviceId: z.string(), deviceName: z.string(), createdAt: z.number(), lastSeen: z.number().nullable(), expiresAt: z.number(),
  current: z.boolean(), online: z.boolean(),
})
export type Device = z.infer<typeof deviceSchema>
export const devicesAnswerSchema = z.object({
  ok: z.literal(true), devices: z.array(deviceSchema),
  /** Bytes that the space's rows take on the server and may take, once they come near. */
  nearFull: z.object({ used: z.number(), quota: z.number() }).optional(),
})
/** Body of `PATCH /auth/spsk/:id`. */
export const renameBodySchema = z.object({ deviceName: deviceNameSchema })
/** Answer of `POST /auth/spsk/pair`. `url` is the `/pair` link with the code in its fragment, null while the server's public address is loopback. */
export const pairAnswerSchema = z.object({ ok: z.literal(true), code: z.string(), url: z.string().nullable(), expiresAt: z.number() })
