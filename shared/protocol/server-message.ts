import { z } from 'zod'
import { changesSchema, pokeSchema } from './changes'
import { errorMessageSchema } from './error'
import { pongSchema } from './ping'
import { pageSchema, resetSchema } from './pull'
import { clockSkewSchema, pushAckSchema, pushGapSchema } from './push-ack'
import { runDeltaSchema, runEndSchema } from './run'
import { tokenExpiringSchema, tokenRenewedSchema } from './token'
import { welcomeSchema } from './welcome'

/** Everything the server may send on the socket. */
export const serverMessageSchema = z.discriminatedUnion('type', [
  welcomeSchema, pushAckSchema, clockSkewSchema, pushGapSchema, pageSchema, resetSchema, changesSchema, pokeSchema,
  runDeltaSchema, runEndSchema, tokenExpiringSchema, tokenRenewedSchema, pongSchema, errorMessageSchema,
])
export type ServerMessage = z.infer<typeof serverMessageSchema>
