import { z } from 'zod'
import { helloSchema } from './hello'
import { pingSchema } from './ping'
import { pullSchema } from './pull'
import { pushSchema } from './push'
import { attachSchema, detachSchema } from './run'
import { renewSchema } from './token'

/** Everything a client may send on the socket. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  helloSchema, pushSchema, pullSchema, attachSchema, detachSchema, renewSchema, pingSchema,
])
export type ClientMessage = z.infer<typeof clientMessageSchema>
