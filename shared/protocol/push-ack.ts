import { z } from 'zod'
import { rejectionSchema } from '../sync/change'

const seq = z.number().int().nonnegative()
/** Everything up to `upto` is durable. `from`..`to` are the numbers given to what was stored; `from` = `to` + 1 when nothing was. */
export const pushAckSchema = z.object({ type: z.literal('push-ack'), rq: z.number().int(), upto: seq, from: seq, to: seq, rejected: z.array(rejectionSchema).optional() })
export type PushAck = z.infer<typeof pushAckSchema>
/** A fresh change is too far ahead of `now`; nothing of the push was stored. */
export const clockSkewSchema = z.object({ type: z.literal('clock-skew'), rq: z.number().int(), upto: seq, now: z.number() })
export type ClockSkew = z.infer<typeof clockSkewSchema>
/** The push does not begin at `upto` + 1; nothing of it was stored. */
export const pushGapSchema = z.object({ type: z.literal('push-gap'), rq: z.number().int(), upto: seq })
export type PushGap = z.infer<typeof pushGapSchema>
/** 200 answer of `POST /push`. */
export const pushAnswerSchema = z.object({ ok: z.literal(true), upto: seq, head: seq, from: seq, to: seq, rejected: z.array(rejectionSchema).optional() })
