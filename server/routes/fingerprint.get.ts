import { z } from 'zod'
import { defineJsonHandler } from '~/server/http/answer'

const keysSchema = z.array(z.tuple([z.string().max(64), z.string().max(512)])).max(100)
const querySchema = z.object({
  without: z.string().max(16_000).transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' })
      return z.NEVER
    }
  }).pipe(keysSchema).default([]),
})

/** What `Check sync` compares a replica with, without the rows that the replica keeps aside. */
export default defineJsonHandler({ auth: 'device', query: querySchema }, ({ context, identity, query }) =>
  context.sync.fingerprint(identity.spaceId, query.without))
