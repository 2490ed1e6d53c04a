import { z } from 'zod'
import { loggedChangeSchema } from '../sync/change'

const seq = z.number().int().nonnegative()
export const pullSchema = z.object({ type: z.literal('pull'), rq: z.number().int(), cursor: seq, limit: z.number().int().positive() })
export type Pull = z.infer<typeof pullSchema>

const pageMembers = { from: seq, to: seq, changes: z.array(loggedChangeSchema), more: z.boolean(), upto: seq, uptoClock: z.string().nullable() }
/** A page of the log: `from` is the cursor + 1, `to` the last number on it, the cursor itself when it is empty. */
export const pageSchema = z.object({ type: z.literal('page'), rq: z.number().int(), ...pageMembers })
export type Page = z.infer<typeof pageSchema>
/** The log no longer reaches back to the cursor, or an image is quicker: load `GET /snapshot/<seq>`. */
export const resetSchema = z.object({ type: z.literal('reset'), rq: z.number().int(), seq, schema: z.number().int() })
export type Reset = z.infer<typeof resetSchema>
/** 200 answers of `GET /pull`. */
export const pullAnswerSchema = z.union([
  z.object({ ok: z.literal(true), head: seq, ...pageMembers }),
  z.object({ ok: z.literal(true), reset: z.object({ seq, schema: z.number().int() }) }),
])
