import { z } from 'zod'
import { bounded } from '~/shared/domain/bounds'
import { historyChoiceSchema } from '~/shared/domain/history'
import { dayGroupKinds } from '~/shared/domain/day-groups'
import { idSchema, messageIdSchema, runIdSchema, threadIdSchema } from '~/shared/domain/ids'
import { messageSchema } from '~/shared/domain/message'
import { filePartSchema, partDeltaSchema, partSchema } from '~/shared/domain/part'
import { threadSchema } from '~/shared/domain/thread'
import { holdfastErrorSchema, type HoldfastError } from '~/shared/errors'
import { runOptionsSchema } from '~/shared/protocol/run'
import type { Result } from '~/shared/result'

/**
 * The contract between a tab and its database worker. A call goes to the leader's worker whichever tab makes it, except the
 * `local` ones, which the tab's own worker answers. Requests and answers are parsed on both ends.
 */

/** Options of a run as a row may hold them: never the key. */
export const storedRunOptionsSchema = runOptionsSchema.omit({ openrouterApiKey: true })
export type StoredRunOptions = z.infer<typeof storedRunOptionsSchema>

/** What a write carries: the tab's id for it, so that a replay to a new leader writes nothing twice, and the time it was made (ms). */
const mutation = { mutation: idSchema, at: z.number().int() }
const done = z.object({})
const settingName = z.string().min(1).max(200)
const settingValue = bounded(z.json())

export const threadPatchSchema = threadSchema.pick({
  title: true, pinned: true, archived: true, model: true, system_prompt: true, active_leaf: true, deleted: true,
}).partial()
export type ThreadPatch = z.infer<typeof threadPatchSchema>

/**
 * One send: creates the thread if `newThread` is given, the person's message if `message` is given (else it is a retry, a new version
 * of the reply to `reply.parent`), the placeholder reply and the local `pending_run`. `replaces` is the placeholder of a queued send
 * that this one edits: it and its message are deleted in the same transaction.
 */
export const sendRequestSchema = z.object({
  ...mutation,
  thread: threadIdSchema,
  newThread: z.object({ title: z.string(), model: z.string().nullable(), system_prompt: z.string().nullable() }).optional(),
  message: z.object({ id: messageIdSchema, parent: messageIdSchema.nullable(), parts: z.array(partSchema) }).optional(),
  reply: z.object({ id: messageIdSchema, run: runIdSchema, parent: messageIdSchema }),
  replaces: messageIdSchema.optional(),
  options: storedRunOptionsSchema,
  /** Synced settings that are written with it. */
  settings: z.array(z.object({ name: settingName, value: settingValue })).optional(),
})

/** Calls that write. */
export const mutations = {
  'send': { request: sendRequestSchema, answer: done },
  /** Takes a queued send back, this device's or another's: both rows are deleted. Answers its text, for the composer. */
  'cancel-send': { request: z.object({ ...mutation, reply: messageIdSchema }), answer: z.object({ text: z.string() }) },
  /** Makes this device the one that sends a reply queued on another. */
  'send-from-here': { request: z.object({ ...mutation, reply: messageIdSchema, options: storedRunOptionsSchema.optional() }), answer: done },
  'patch-thread': { request: z.object({ ...mutation, thread: threadIdSchema, patch: threadPatchSchema }), answer: done },
  /** Deletes or restores a message. */
  'delete-message': { request: z.object({ ...mutation, message: messageIdSchema, deleted: z.boolean() }), answer: done },
  /** Copies the path down to a message into a new thread; `ids` gives the copies' ids, first message first. */
  'branch-thread': {
    request: z.object({ ...mutation, thread: threadIdSchema, source: messageIdSchema, path: z.array(messageIdSchema), ids: z.array(messageIdSchema) }),
    answer: done,
  },
  'set-label': { request: z.object({ ...mutation, thread: threadIdSchema, name: z.string().min(1).max(100), on: z.boolean() }), answer: done },
  /** Writes a synced setting; null clears. */
  'set-setting': { request: z.object({ ...mutation, name: settingName, value: settingValue }), answer: done },
  /** Sends a change that the server refused once more, under a new number; or gives it up. */
  'retry-change': { request: z.object({ ...mutation, n: z.number().int() }), answer: done },
  'discard-change': { request: z.object({ ...mutation, n: z.number().int() }), answer: done },
} as const

/** What the page shows of a sidebar row; what may be long is asked for by the thread's id. `lastAt` is the newest live message's time (or the thread's own). */
export const threadRowSchema = threadSchema.omit({ system_prompt: true }).extend({ lastAt: z.number(), streaming: z.boolean(), queued: z.number() })
export type ThreadRow = z.infer<typeof threadRowSchema>

/** A group of a list of threads: what of `from` (ms) and later stands under it, and how many they are. */
export const threadHeadSchema = z.object({ kind: z.enum(['pinned', 'archived', ...dayGroupKinds]), from: z.number(), count: z.number() })
export type ThreadHead = z.infer<typeof threadHeadSchema>

/** A part of a list of threads: all its heads with their counts, in order, and the rows from number `offset` on; `kept` is the row asked for by its id, wherever it stands. */
export const threadWindowSchema = z.object({
  total: z.number(), heads: z.array(threadHeadSchema), offset: z.number(), rows: z.array(threadRowSchema),
  kept: z.object({ index: z.number(), row: threadRowSchema }).nullable(),
})
export type ThreadWindow = z.infer<typeof threadWindowSchema>

/** A queued send of this device, or of another one whose name is known. */
export const pendingSchema = z.object({ reply: messageIdSchema, run: runIdSchema, here: z.boolean(), device: z.string().nullable(), needsKey: z.boolean() })
export type Pending = z.infer<typeof pendingSchema>

/** A message of the shown path: its number there, and its place among the versions beside it. */
export const pathRowSchema = z.object({
  index: z.number(), message: messageSchema,
  version: z.object({ index: z.number(), count: z.number(), previous: messageIdSchema.nullable(), next: messageIdSchema.nullable() }),
})
export type PathRow = z.infer<typeof pathRowSchema>

/**
 * A part of a path: how long the whole is and where it ends, the rows from number `offset` on, and the one that was asked for by its id, wherever it
 * stands. `open` are the messages of the thread that will change again, `summary` the newest one of what is on the path.
 */
export const conversationSchema = z.object({
  total: z.number(), offset: z.number(), end: messageIdSchema.nullable(), target: z.number().nullable(),
  rows: z.array(pathRowSchema), kept: pathRowSchema.nullable(),
  open: z.array(messageSchema.pick({ id: true, run: true, role: true, status: true, created_at: true }).extend({ shown: z.boolean() })),
  pending: z.array(pendingSchema),
  summary: messageSchema.nullable(),
})
export type Conversation = z.infer<typeof conversationSchema>

/** What a send would carry, as the server builds it, of which model and place; tokens are estimated. `next` is the summary that would make it short enough. */
export const historyPlanSchema = z.object({
  limit: z.number().nullable(), tokens: z.number(), whole: z.number(), fits: z.boolean(), fixed: z.number(),
  sent: z.number(), omitted: z.number(), covered: z.number(), omit: z.array(messageIdSchema), summary: messageSchema.nullable(),
  next: z.object({ upTo: messageIdSchema, from: messageIdSchema.nullable(), omit: z.array(messageIdSchema), covers: z.number() }).nullable(),
})
export type ThreadPlan = z.infer<typeof historyPlanSchema>

export const searchHitSchema = z.object({
  thread: threadIdSchema, title: z.string(), message: messageIdSchema.nullable(),
  /** Text around the match; matches stand between U+E000 and U+E001. */
  snippet: z.string(), at: z.number(),
})
export type SearchHit = z.infer<typeof searchHitSchema>

/** How the device stands towards the server; the words of the `Sync` status follow from `state`. */
export const syncStateSchema = z.object({
  state: z.enum(['starting', 'synced', 'syncing', 'offline', 'local-only', 'signed-out']),
  /** Why it is signed out, or why sync stopped. */
  error: holdfastErrorSchema.nullable(),
  /** Changes not yet acknowledged, and those the server refused. */
  outgoing: z.number(),
  rejected: z.number(),
  /** 0 to 1 during a first sync, else null. */
  progress: z.number().nullable(),
  deviceId: z.string(),
  deviceName: z.string(),
  spaceId: z.string().nullable(),
  tokenId: z.string().nullable(),
  /** A first device needs the claim code: the server does not give itself away without it. */
  claimNeeded: z.boolean(),
})
export type SyncState = z.infer<typeof syncStateSchema>

/** Keys kept aside, here or on the server, the first ones with why and how many changes wait. */
export const asideStateSchema = z.object({
  count: z.number(),
  keys: z.array(z.object({ table: z.string(), key: z.string(), reason: z.string(), at: z.number(), changes: z.number() })),
})

export const storageStateSchema = z.object({
  mode: z.enum(['opfs', 'memory']),
  used: z.number(), quota: z.number(), persisted: z.boolean(), databaseBytes: z.number(),
})
export type StorageState = z.infer<typeof storageStateSchema>

/** Live queries: the answer comes again whenever a commit changes it. */
export const queries = {
  /** Pinned threads, then the others by their last message, grouped as seen on the day that began at `today` (ms); or the archived ones. */
  'thread-window': {
    params: z.object({
      list: z.enum(['open', 'archived']), today: z.number().int(), offset: z.number().int().min(0), limit: z.number().int().min(1).max(300),
      keep: threadIdSchema.nullable().default(null),
    }),
    answer: threadWindowSchema,
  },
  'thread': { params: z.object({ id: threadIdSchema }), answer: z.object({ state: z.enum(['present', 'deleted', 'unknown']), thread: threadSchema.nullable() }) },
  /** All messages of a thread, deleted ones too (the tree needs them), by (created_at, id). */
  'messages': { params: z.object({ thread: threadIdSchema }), answer: z.object({ messages: z.array(messageSchema), pending: z.array(pendingSchema) }) },
  /**
   * What is looked at of the path on through `leaf` (null: as the thread has it): `limit` messages from number `from` (null: the last ones), or with
   * `around` in their middle; the path leads through that one then, if it does not already. `keep` is brought wherever it stands.
   */
  'conversation': {
    params: z.object({
      thread: threadIdSchema, leaf: messageIdSchema.nullable(), from: z.number().int().min(0).nullable(), limit: z.number().int().min(1).max(200),
      around: messageIdSchema.nullable().default(null), keep: messageIdSchema.nullable().default(null),
    }),
    answer: conversationSchema,
  },
  /** The ids of the path down to a message, first message first. */
  'path-ids': { params: z.object({ thread: threadIdSchema, leaf: messageIdSchema }), answer: z.array(messageIdSchema) },
  /** `system` and `draft` are what the system prompt and the draft take; without a draft `parent` is answered. With `ids` it names what is left out. */
  'history-plan': {
    params: z.object({
      thread: threadIdSchema, parent: messageIdSchema.nullable(), system: z.number(), draft: z.number().nullable(), limit: z.number().nullable(),
      choice: historyChoiceSchema, ids: z.boolean().default(false),
    }),
    answer: historyPlanSchema,
  },
  /** What a thread took so far. A long one is read in some rounds: until it is `complete`, the next is to be asked for. */
  'spent': {
    params: z.object({ thread: threadIdSchema, round: z.number().int().min(0) }),
    answer: z.object({ complete: z.boolean(), promptTokens: z.number(), completionTokens: z.number(), cachedTokens: z.number(), reasoningTokens: z.number(), cost: z.number() }),
  },
  'search': { params: z.object({ text: z.string().max(500), limit: z.number().int().max(200).default(50) }), answer: z.array(searchHitSchema) },
  /** Null when it was never set. */
  'setting': { params: z.object({ name: z.string() }), answer: z.object({ value: z.json() }) },
  'settings': { params: z.object({ prefix: z.string() }), answer: z.array(z.object({ name: z.string(), value: z.json() })) },
  'rejected': { params: z.object({}), answer: z.array(z.object({ n: z.number(), table: z.string(), key: z.string(), code: z.string(), message: z.string() })) },
  /** Rows of this device that cannot be read and are kept aside: how many, and the first ones. */
  'aside': { params: z.object({}), answer: asideStateSchema },
  'sync': { params: z.object({}), answer: syncStateSchema },
  'storage': { params: z.object({}), answer: storageStateSchema },
  /** Tokens and cost per day (UTC date) and per thread, newest first. */
  'usage': {
    params: z.object({ thread: threadIdSchema.optional(), days: z.number().int().max(400).default(30) }),
    answer: z.array(z.object({
      day: z.string(), promptTokens: z.number(), completionTokens: z.number(), cachedTokens: z.number(), reasoningTokens: z.number(), cost: z.number(),
    })),
  },
} as const

/** Where a file of this device is on its way to the server. `waiting` is for the network, its turn or the server. */
export const uploadStateSchema = z.enum(['waiting', 'uploading', 'uploaded', 'refused'])

/** Calls that the leader answers and that write no row. */
export const actions = {
  /** Mints a token: by claim, with a claim code, or with a pairing code. */
  'pair': { request: z.object({ deviceName: z.string(), pairingCode: z.string().optional(), claimCode: z.string().optional() }), answer: done },
  /** An authenticated request to our own server (devices, shares, exchange): path with its query; answers whatever JSON came. */
  'server-request': {
    request: z.object({ method: z.enum(['GET', 'POST', 'PATCH', 'DELETE']), path: z.string().startsWith('/'), body: z.json().optional() }),
    answer: z.object({ status: z.number(), body: z.json() }),
  },
  /** Stops a run, keeping what came; also one that only another device knows, or that has not started yet. */
  'stop-run': { request: z.object({ run: runIdSchema }), answer: done },
  /** What has been streamed of a run so far; `run-progress` events continue from `seq`. Attaches the device to the run if it is not. */
  'watch-run': { request: z.object({ run: runIdSchema }), answer: z.object({ seq: z.number(), parts: z.array(partSchema), retryAt: z.number().nullable() }) },
  /** Forgets this device's token and, with `wipe`, its local data. */
  'sign-out': { request: z.object({ wipe: z.boolean() }), answer: done },
  /** The SQLite file, or every live row as JSON text. */
  'export': { request: z.object({ format: z.enum(['sqlite', 'json']) }), answer: z.object({ bytes: z.instanceof(Uint8Array), name: z.string() }) },
  'import': { request: z.object({ ...mutation, text: z.string() }), answer: z.object({ threads: z.number(), messages: z.number() }) },
  /** Databases of this profile that are not open: of a space it belonged to before, or set aside for damage. */
  'former-files': { request: z.object({}), answer: z.object({ files: z.array(z.string()) }) },
  'export-former': { request: z.object({ file: z.string() }), answer: z.object({ bytes: z.instanceof(Uint8Array), name: z.string() }) },
  /** Deletes one for good. */
  'delete-former': { request: z.object({ file: z.string() }), answer: done },
  /** Compares the replica with the server's by hashes per range; a replica that differs is rebuilt. */
  'check-sync': { request: z.object({}), answer: z.object({ equal: z.boolean(), healed: z.boolean(), entities: z.number(), aside: z.number().optional() }) },
  /** What the server keeps aside; null when it cannot be asked. With `retry` it tries that again first, and so does this device: `returned` came back in both places. */
  'server-aside': { request: z.object({ retry: z.boolean() }), answer: z.object({ server: asideStateSchema.nullable(), returned: z.number() }) },
  /** Tries the server now instead of at the next back-off. */
  'reconnect': { request: z.object({}), answer: done },
  /** Sees to it that a file of this device gets to the server; `blob-state` tells how that goes. */
  'upload-blob': { request: z.object({ part: filePartSchema }), answer: z.object({ state: uploadStateSchema }) },
  /** Forgets a file that was attached and taken off again, unless a message carries it. */
  'drop-blob': { request: z.object({ sha256: z.string() }), answer: done },
  /** Brings a file of another device here, for `read-blob`. */
  'fetch-blob': { request: z.object({ part: filePartSchema }), answer: done },
} as const

/** Calls that the tab's own worker answers, from Dexie. The key never leaves the worker but in a run's request. */
export const localActions = {
  'save-key': { request: z.object({ key: z.string().trim().min(8).max(512) }), answer: done },
  /** `masked` shows the first and last characters only; null without a key. */
  'key-state': { request: z.object({}), answer: z.object({ masked: z.string().nullable(), savedAt: z.number().nullable() }) },
  'clear-key': { request: z.object({}), answer: done },
  /** The provider's word on the key: its limits and what is left (`GET /key`). */
  'check-key': {
    request: z.object({}),
    answer: z.object({ label: z.string().nullable(), limit: z.number().nullable(), remaining: z.number().nullable(), usage: z.number().nullable(), usageDaily: z.number().nullable() }),
  },
  /** Keeps a file on this device and says what it is. `maxEdge`, in pixels, draws a larger image anew. */
  'add-blob': {
    request: z.object({ file: z.instanceof(Blob), name: z.string().max(1_000), mime: z.string().max(300), maxEdge: z.number().int().positive().optional() }),
    answer: z.object({ part: filePartSchema, thumbnail: z.instanceof(Blob).nullable() }),
  },
  /** A file of this device; null when it is not here (yet). */
  'read-blob': { request: z.object({ part: filePartSchema }), answer: z.object({ file: z.instanceof(Blob).nullable() }) },
} as const

/** What the leader tells every tab without being asked. */
export const events = {
  /** More of a streamed reply, following number `after`. */
  'run-progress': z.object({ run: runIdSchema, after: z.number(), seq: z.number(), parts: z.array(partDeltaSchema), retryAt: z.number().nullable() }),
  'run-ended': z.object({ run: runIdSchema, thread: threadIdSchema.nullable(), status: z.string(), error: holdfastErrorSchema.nullable() }),
  /** A queued send cannot go: no key, or the server said no for good. */
  'send-blocked': z.object({ thread: threadIdSchema, reply: messageIdSchema, error: holdfastErrorSchema }),
  'blob-state': z.object({ sha256: z.string(), state: uploadStateSchema, error: holdfastErrorSchema.nullable() }),
  'secrets-changed': z.object({ connected: z.boolean() }),
  /** Everything of this profile is deleted: what a page still holds is not to come back. `mark` names the deletion. */
  'local-data-deleted': z.object({ mark: z.string() }),
  /** Something the person should know about their data. */
  'notice': z.object({
    kind: z.enum(['restored-server', 'salvaged', 'rolled-back', 'healed', 'memory-only', 'disk-full', 'room-again', 'reload-to-update', 'leader-silent', 'change-rejected']),
    message: z.string(),
  }),
} as const

export const calls = { ...mutations, ...actions, ...localActions } as const
export type CallName = keyof typeof calls
export type CallRequest<N extends CallName> = z.input<(typeof calls)[N]['request']>
export type CallAnswer<N extends CallName> = z.output<(typeof calls)[N]['answer']>
export type QueryName = keyof typeof queries
export type QueryParams<Q extends QueryName> = z.input<(typeof queries)[Q]['params']>
export type QueryAnswer<Q extends QueryName> = z.output<(typeof queries)[Q]['answer']>
export type EventName = keyof typeof events
export type EventPayload<E extends EventName> = z.output<(typeof events)[E]>

/** Which part this tab's worker plays. `memory` and `blocked` are shown; the app never works on a second database in silence. */
export type TabRole = 'starting' | 'leader' | 'follower' | 'outdated' | 'blocked'

/** What a store holds of the worker: made by the database plugin, `createDatabaseClient()` in `client.ts`. */
export interface DatabaseClient {
  call<N extends CallName>(name: N, request: CallRequest<N>): Promise<Result<CallAnswer<N>, HoldfastError>>
  /** Answers now and after each commit that changes the answer; returns what ends it. */
  watch<Q extends QueryName>(name: Q, params: QueryParams<Q>, listener: (answer: QueryAnswer<Q>) => void, onError?: (error: HoldfastError) => void): () => void
  on<E extends EventName>(name: E, listener: (payload: EventPayload<E>) => void): () => void
  role(): TabRole
  onRole(listener: (role: TabRole) => void): () => void
  /** Closes the files and gives up the lead, before a reload; settles once that is done. */
  rest(): Promise<void>
  close(): void
}
