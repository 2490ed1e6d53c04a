import { z } from 'zod'
import { roleSchema, statusSchema } from '~/shared/domain/message'
import { partSchema } from '~/shared/domain/part'
import type { Entity } from '~/shared/sync/merge'
import type { Trx } from '../sql/schema'
import { readEntities } from '../sync/entities'

/** What runs read of a message's merged row. A row that came piece by piece may lack any column. */
const messageRowSchema = z.object({
  thread: z.string().nullish(), parent: z.string().nullish(), role: roleSchema.nullish(), status: statusSchema.nullish(), model: z.string().nullish(),
  parts: z.array(partSchema).catch([]), run: z.string().nullish(), deleted: z.number().nullish(),
})
export type MessageRow = z.infer<typeof messageRowSchema> & { id: string }
const threadRowSchema = z.object({ title: z.string().nullish(), system_prompt: z.string().nullish(), deleted: z.number().nullish() })
export type ThreadRow = z.infer<typeof threadRowSchema>

/** Null for a row that cannot be read, as for one that is not there: whoever merges into it sets it aside. */
const readOne = async (trx: Trx, space: string, table: 'thread' | 'message', id: string): Promise<Entity | null> =>
  (await readEntities(trx, space, table, [id])).entities.get(id) ?? null

/** A message as stored, also a deleted one; null where there is none, or it cannot be read. */
export async function readMessage(trx: Trx, space: string, id: string): Promise<MessageRow | null> {
  const entity = await readOne(trx, space, 'message', id)
  const row = entity && messageRowSchema.safeParse(entity.columns)
  return row?.success ? { ...row.data, id } : null
}

/** A thread as stored, also a deleted one; null where there is none, or it cannot be read. */
export async function readThread(trx: Trx, space: string, id: string): Promise<ThreadRow | null> {
  const entity = await readOne(trx, space, 'thread', id)
  const row = entity && threadRowSchema.safeParse(entity.columns)
  return row?.success ? row.data : null
}

/** A message and its ancestors, oldest first, deleted ones left out. A chain that is broken or runs in a circle ends there. */
export async function readAncestors(trx: Trx, space: string, id: string): Promise<MessageRow[]> {
  const path: MessageRow[] = []
  const seen = new Set<string>()
  for (let next: string | null | undefined = id; next && !seen.has(next);) {
    seen.add(next)
    const message: MessageRow | null = await readMessage(trx, space, next)
    if (!message) break
    if (message.deleted !== 1) path.push(message)
    next = message.parent
  }
  return path.reverse()
}
