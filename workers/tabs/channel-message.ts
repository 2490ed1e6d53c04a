import { z } from 'zod'
import { eventNameSchema, replyFrameSchema, requestFrameSchema } from '../rpc'

const tab = z.string()

/** What tabs say to each other on the broadcast channel. A tab reads what is for all, or for itself. */
export const channelMessageSchema = z.discriminatedUnion('kind', [
  /** The holder of the lock: `ready` once its database is open. Said at each change, and as the answer to a ping. */
  z.object({ kind: z.literal('leader'), leader: tab, build: z.string(), ready: z.boolean() }),
  /** Asks who leads, and shows that the tab lives. */
  z.object({ kind: z.literal('ping'), from: tab }),
  /** Answer to a ping. `known` is false when the leader holds nothing of that tab: it watches again. */
  z.object({ kind: z.literal('pong'), to: tab, leader: tab, build: z.string(), ready: z.boolean(), known: z.boolean() }),
  z.object({ kind: z.literal('request'), to: tab, from: tab, frame: requestFrameSchema }),
  z.object({ kind: z.literal('reply'), to: tab, leader: tab, frame: replyFrameSchema }),
  z.object({ kind: z.literal('event'), from: tab, name: eventNameSchema, payload: z.unknown() }),
  z.object({ kind: z.literal('bye'), from: tab }),
  /** From a tab of the build that the server serves now to a leader of another one. */
  z.object({ kind: z.literal('step-down'), to: tab, build: z.string() }),
])
export type ChannelMessage = z.infer<typeof channelMessageSchema>

/** A BroadcastChannel, the browser's or Node's. */
export interface TabChannel {
  postMessage(message: unknown): void
  onmessage: ((event: MessageEvent) => void) | null
  close(): void
}

/** Calls `run` after `ms`; returns what takes that back. */
export type Schedule = (run: () => void, ms: number) => () => void
