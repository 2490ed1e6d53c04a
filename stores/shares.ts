import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useNuxtApp } from '#app'
import { z } from 'zod'
import { newId, newMutation, newThreadId } from '~/stores/newId'
import type { ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Thread } from '~/shared/domain/thread'
import { createTree } from '~/shared/domain/tree'
import { createError, holdfastErrorSchema, type HoldfastError } from '~/shared/errors'
import { shareKeySummarySchema, shareSummarySchema, type ShareKeySummary, type ShareSummary, type ThreadShareRequest, type ThreadShareUpdate } from '~/shared/protocol/share'
import { ok, type Result } from '~/shared/result'
import type { CallRequest } from '~/workers/api'
import { infoToArchive, shareInfoSchema, type ShareInfo } from './share-archive'

const pageSchema = z.object({ sessions: z.array(shareSummarySchema), next: z.string().nullable() })
const publishedSchema = z.object({ id: z.string(), url: z.string() })
const keysSchema = z.object({ keys: z.array(shareKeySummarySchema) })
const mintedSchema = z.object({ id: z.string(), key: z.string(), baseUrl: z.string() })
export type MintedShareKey = z.infer<typeof mintedSchema>

type Answer<T> = Promise<Result<T, HoldfastError>>

/** What this space has published, and the keys with which its agents publish. All of it lives on the server. */
export const useSharesStore = defineStore('shares', () => {
  const database = useNuxtApp().$database

  const shares = shallowRef<ShareSummary[]>([])
  /** Where the next page of `shares` begins; null when all are there. */
  const next = ref<string | null>(null)
  const keys = shallowRef<ShareKeySummary[]>([])
  const loaded = ref(false)
  const error = shallowRef<HoldfastError | null>(null)

  async function ask<Schema extends z.ZodType>(request: CallRequest<'server-request'>, schema: Schema): Answer<z.output<Schema>> {
    const answer = await database.call('server-request', request)
    if (!answer.ok) return answer
    const { status, body } = answer.value
    const parsed = schema.safeParse(body)
    if (status < 400 && parsed.success) return ok(parsed.data)
    const failure = holdfastErrorSchema.safeParse(typeof body === 'object' && body !== null && 'error' in body ? body.error : null)
    return { ok: false, error: failure.success ? failure.data : createError('internal', `The server answered ${status}.`) }
  }

  async function refresh(): Promise<void> {
    const [page, list] = await Promise.all([ask({ method: 'GET', path: '/api/sessions?limit=50' }, pageSchema), ask({ method: 'GET', path: '/share-keys' }, keysSchema)])
    error.value = page.ok ? (list.ok ? null : list.error) : page.error
    if (!page.ok || !list.ok) return
    shares.value = page.value.sessions
    next.value = page.value.next
    keys.value = list.value.keys
    loaded.value = true
  }

  async function loadMore(): Promise<void> {
    if (next.value === null) return
    const page = await ask({ method: 'GET', path: `/api/sessions?limit=50&cursor=${encodeURIComponent(next.value)}` }, pageSchema)
    if (!page.ok) return void (error.value = page.error)
    const known = new Set(shares.value.map(({ id }) => id))
    shares.value = [...shares.value, ...page.value.sessions.filter(({ id }) => !known.has(id))]
    next.value = page.value.next
  }

  /** The published copies of one thread. */
  const ofThread = async (thread: ThreadId): Answer<ShareSummary[]> => {
    const page = await ask({ method: 'GET', path: `/api/sessions?limit=200&thread=${encodeURIComponent(thread)}` }, pageSchema)
    return page.ok ? ok(page.value.sessions) : page
  }

  const publish = (request: ThreadShareRequest): Answer<{ id: string, url: string }> => ask({ method: 'POST', path: '/api/thread-shares', body: z.json().parse(request) }, publishedSchema)
  const update = (id: string, changes: ThreadShareUpdate): Answer<object> =>
    ask({ method: 'PATCH', path: `/api/thread-shares/${encodeURIComponent(id)}`, body: z.json().parse(changes) }, z.object({}))

  async function remove(id: string): Answer<object> {
    const answer = await ask({ method: 'DELETE', path: `/api/sessions/${encodeURIComponent(id)}` }, z.object({}))
    if (answer.ok) shares.value = shares.value.filter((share) => share.id !== id)
    return answer
  }

  /** The key is in the answer and nowhere else: it is shown this once. */
  async function mintKey(name: string): Answer<MintedShareKey> {
    const answer = await ask({ method: 'POST', path: '/share-keys', body: { name } }, mintedSchema)
    if (answer.ok) await refresh()
    return answer
  }

  async function revokeKey(id: string): Answer<object> {
    const answer = await ask({ method: 'DELETE', path: `/share-keys/${encodeURIComponent(id)}` }, z.object({}))
    if (answer.ok) keys.value = keys.value.filter((key) => key.id !== id)
    return answer
  }

  /** The path of a thread that its share would show, as this device has it; ends with the function returned. */
  function watchPath(thread: Pick<Thread, 'id' | 'active_leaf'>, listener: (path: Message[]) => void): () => void {
    return database.watch('messages', { thread: thread.id }, ({ messages }) => {
      listener(createTree(messages).pathTo(thread.active_leaf).filter(({ role }) => role !== 'system'))
    })
  }

  /** A share as anyone with its link reads it. It is public: no token goes along, and a device that is not paired reads it as well. */
  async function read(id: string): Answer<ShareInfo> {
    try {
      const response = await fetch(`/api/share/${encodeURIComponent(id)}`, { credentials: 'omit' })
      if (response.status === 404) return { ok: false, error: createError('not_found', 'This share does not exist, has expired, or was taken down.') }
      const info = shareInfoSchema.safeParse(await response.json())
      return info.success ? ok(info.data) : { ok: false, error: createError('internal', `The server answered ${response.status}.`) }
    } catch (cause) {
      return { ok: false, error: createError('internal', 'The server cannot be reached.', { cause: String(cause) }) }
    }
  }

  /** Copies a share into this device's own space as a new thread. */
  async function continueShare(info: ShareInfo): Answer<ThreadId> {
    const threadId = newThreadId()
    const { mutation, at } = newMutation()
    const answer = await database.call('import', { mutation, at, text: infoToArchive(info, { threadId, newId, now: at }) })
    return answer.ok ? ok(threadId) : answer
  }

  return { shares, next, keys, loaded, error, refresh, loadMore, ofThread, publish, update, remove, mintKey, revokeKey, watchPath, read, continueShare }
})
