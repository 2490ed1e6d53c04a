import { createTree } from '~/shared/domain/tree'
import { messageIdSchema } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Thread } from '~/shared/domain/thread'
import { fail } from '~/shared/errors'
import { threadShareOptionsSchema, type ThreadShareRequest, type ThreadShareUpdate } from '~/shared/protocol/share'
import type { z } from 'zod'
import type { Database } from '../sql/schema'
import type { Blobs } from '../blobs/blobs'
import { writeAudit } from './audit'
import type { ShareDeps } from './deps'
import { readPictures, type Pictures } from './pictures'
import { drawToken } from './secret'
import { createRest } from './rest'
import { deleteItems, insertShare, measureShares, readItems, updateShare, writeItems, type ShareRow } from './store'
import { threadToItems } from './thread-items'
import { isThreadChanged, readMessages, readThread } from './thread-rows'

/** As stored: the options, and the end of the path that a snapshot shows. */
const storedOptionsSchema = threadShareOptionsSchema.extend({ leaf: messageIdSchema.nullish() })
type StoredOptions = z.infer<typeof storedOptionsSchema>

/** Threads that their owner publishes: built from the space's own rows, so a device sends its choice and no copy. */
export function createThreadShares({ database, blobs, now, quotas }: ShareDeps & { blobs: Pick<Blobs, 'find' | 'read'> }) {
  const rest = createRest()
  const headOf = async (trx: Database, space: string): Promise<number> =>
    (await trx.selectFrom('space').select('head').where('id', '=', space).executeTakeFirst())?.head ?? fail('not_found', 'there is no such space')

  /** What `build` needs and cannot read within its transaction. */
  const picturesOf = async (space: string, thread: string, { hideAttachments }: Pick<StoredOptions, 'hideAttachments'>): Promise<Pictures> =>
    hideAttachments ? new Map() : readPictures(blobs, space, await readMessages(database, space, thread))

  /** Brings the share's items in line with the thread. `touch` says that the share itself was changed. */
  async function build(trx: Database, share: Pick<ShareRow, 'id' | 'title'>, space: string, thread: Thread, { options, pictures, touch }: { options: StoredOptions, pictures: Pictures, touch: boolean }): Promise<void> {
    const built = await headOf(trx, space)
    // The write comes first: two readers that find a live share behind build it one after the other.
    await updateShare(trx, share.id, { built })
    const items = threadToItems(thread, pathOf(thread, await readMessages(trx, space, thread.id), options), options, pictures)
    const before = new Map((await readItems(trx, share.id)).map((item) => [item.key, item.data]))
    const changed = items.filter((item) => before.get(item.key) !== item.data)
    const keys = new Set(items.map((item) => item.key))
    const gone = [...before.keys()].filter((key) => !keys.has(key))
    if (changed.length === 0 && gone.length === 0 && !touch) return
    await deleteItems(trx, share.id, gone)
    const held = await writeItems(trx, share.id, changed)
    if (held.items > quotas.shareItems || held.bytes > quotas.shareBytes) fail('payload_too_large', 'the thread is too long to be shared whole: share it from a later message')
    const title = items[0] ? titleOf(items[0].data) : thread.title
    await trx.updateTable('share').set((row) => ({ ...held, title, updated_at: now(), syncs: row('syncs', '+', 1) })).where('id', '=', share.id).execute()
  }

  async function rebuild(share: ShareRow, { space, thread, head, options }: { space: string, thread: Thread, head: number, options: StoredOptions }): Promise<ShareRow | null> {
    const isChanged = await isThreadChanged(database, space, thread.id, share.built)
    const pictures = isChanged ? await picturesOf(space, thread.id, options) : new Map<string, string>()
    return database.transaction().execute(async (trx) => {
      if (isChanged) await build(trx, share, space, thread, { options, pictures, touch: false })
      else await updateShare(trx, share.id, { built: head })
      return await trx.selectFrom('share').selectAll().where('id', '=', share.id).executeTakeFirst() ?? null
    })
  }

  return {
    async publish(space: string, deviceId: string, { threadId, expiresAt, ...chosen }: ThreadShareRequest): Promise<string> {
      checkExpiry(expiresAt, now())
      const pictures = await picturesOf(space, threadId, chosen)
      return database.transaction().execute(async (trx) => {
        const thread = await readThread(trx, space, threadId) ?? fail('not_found', 'the server does not have this thread yet: it can be shared once it is synced')
        if ((await measureShares(trx, space)).shares >= quotas.spaceShares) fail('conflict', `there are ${quotas.spaceShares} shares already: delete some first`)
        const options = storedOptionsSchema.parse({ ...chosen, leaf: chosen.live ? null : chosen.leaf ?? thread.active_leaf })
        const id = drawToken(16)
        const at = now()
        await insertShare(trx, {
          id, kind: 'thread', space, share_key: null, source: thread.id, secret_hash: null, title: '', options: JSON.stringify(options), built: 0, syncs: 0, views: 0,
          items: 0, bytes: 0, created_at: at, updated_at: at, expires_at: expiresAt ?? null,
        })
        await build(trx, { id, title: '' }, space, thread, { options, pictures, touch: true })
        await writeAudit(trx, { at, event: 'share-created', subject: id, actor: `device:${deviceId}`, space })
        return id
      })
    },

    /** Changes what is given and builds the page anew, a snapshot from the thread as it is now. */
    async update(space: string, deviceId: string, id: string, { expiresAt, ...patch }: ThreadShareUpdate): Promise<void> {
      checkExpiry(expiresAt, now())
      const found = await database.selectFrom('share').selectAll().where('id', '=', id).where('space', '=', space).where('kind', '=', 'thread').executeTakeFirst()
      if (!found || found.options === null) fail('not_found', 'there is no such share')
      const before = storedOptionsSchema.parse(JSON.parse(found.options))
      const pictures = await picturesOf(space, found.source, { ...before, ...patch })
      await database.transaction().execute(async (trx) => {
        const share = await trx.selectFrom('share').selectAll().where('id', '=', id).executeTakeFirst() ?? fail('not_found', 'there is no such share')
        const thread = await readThread(trx, space, share.source) ?? fail('conflict', 'the thread is deleted: restore it first, or delete the share')
        const live = patch.live ?? before.live
        const options = storedOptionsSchema.parse({ ...before, ...patch, leaf: live ? null : patch.leaf ?? thread.active_leaf })
        await updateShare(trx, id, { options: JSON.stringify(options), ...(expiresAt === undefined ? {} : { expires_at: expiresAt }) })
        await build(trx, share, space, thread, { options, pictures, touch: true })
        await writeAudit(trx, { at: now(), event: 'share-updated', subject: id, actor: `device:${deviceId}`, space })
      })
    },

    /**
     * Brings a live share up to date when it is read, which costs nothing while nobody looks. It is hidden as long as its thread is
     * deleted. A snapshot, and an agent's session, stay as they are.
     */
    async refresh(share: ShareRow): Promise<ShareRow | null> {
      if (share.kind !== 'thread' || share.space === null || share.options === null) return share
      const options = storedOptionsSchema.parse(JSON.parse(share.options))
      if (!options.live) return share
      const { space } = share
      const thread = await readThread(database, space, share.source)
      if (!thread) return null
      const head = await headOf(database, space)
      if (head === share.built || rest.isResting(share.id)) return share
      const rebuilt = await rebuild(share, { space, thread, head, options })
      if (rebuilt) rest.begin(share.id, Number(rebuilt.bytes))
      return rebuilt
    },
  }
}

function pathOf(thread: Thread, messages: readonly Message[], { leaf }: StoredOptions): Message[] {
  return createTree(messages).pathTo(leaf ?? thread.active_leaf)
}

const titleOf = (session: string): string => {
  const data: unknown = JSON.parse(session)
  return typeof data === 'object' && data !== null && 'title' in data && typeof data.title === 'string' ? data.title : ''
}

function checkExpiry(expiresAt: number | null | undefined, now: number): void {
  if (typeof expiresAt === 'number' && expiresAt <= now) fail('invalid_request', 'the expiry lies in the past')
}
