import { messageSchema, type Message } from '~/shared/domain/message'
import { threadSchema, type Thread } from '~/shared/domain/thread'
import { UnreadableRow } from '~/shared/sync/unreadable'
import type { Database } from '../sql/schema'
import { readColumns } from '../sync/stored-row'

/** Null for a row that cannot be read: it is left out of the share, as it is left out everywhere. */
function parseColumns(table: 'thread' | 'message', text: string): Record<string, unknown> | null {
  try {
    return readColumns(table, text)
  } catch (error) {
    if (error instanceof UnreadableRow) return null
    throw error
  }
}

/** A thread of a space as its devices have merged it, or null if it is unknown or deleted. */
export async function readThread(database: Database, space: string, id: string): Promise<Thread | null> {
  const row = await database.selectFrom('entity').select('columns').where('space', '=', space).where('table', '=', 'thread').where('pk', '=', id).executeTakeFirst()
  if (!row) return null
  const columns = parseColumns('thread', row.columns)
  if (!columns) return null
  const thread = threadSchema.safeParse({
    title: '', model: null, system_prompt: null, active_leaf: null, parent_thread: null, parent_message: null, created_at: 0,
    ...withoutNull(columns, 'title'), id, pinned: columns.pinned === 1, archived: columns.archived === 1, deleted: columns.deleted === 1,
  })
  return thread.success && !thread.data.deleted ? thread.data : null
}

/** Its messages, deleted ones too: the tree needs them. Rows that a device has not finished writing are left out. */
export async function readMessages(database: Database, space: string, thread: string): Promise<Message[]> {
  const rows = await ofThread(database, space, thread).select(['pk', 'columns']).execute()
  return rows.flatMap(({ pk, columns: text }) => {
    const columns = parseColumns('message', text)
    if (columns?.thread !== thread) return []
    const message = messageSchema.safeParse({
      parent: null, status: 'final', parts: [], model: null, usage: null, error: null, run: null, created_at: 0, ...withoutNull(columns, 'parts'), id: pk, deleted: columns.deleted === 1,
    })
    return message.success ? [message.data] : []
  })
}

/** Whether any message of the thread changed after the sequence number `since`. */
export async function isThreadChanged(database: Database, space: string, thread: string, since: number): Promise<boolean> {
  const message = await ofThread(database, space, thread).select('seq').where('seq', '>', since).limit(1).executeTakeFirst()
  if (message) return true
  const row = await database.selectFrom('entity').select('seq').where('space', '=', space).where('table', '=', 'thread').where('pk', '=', thread).where('seq', '>', since).executeTakeFirst()
  return row !== undefined
}

// Columns are JSON text: a quote within a value stands escaped there, so only the column itself can look like this.
const ofThread = (database: Database, space: string, thread: string) =>
  database.selectFrom('entity').where('space', '=', space).where('table', '=', 'message').where('columns', 'like', `%"thread":"${thread}"%`)

/** A column that was cleared counts as one that was never written. */
function withoutNull(columns: Record<string, unknown>, name: string): Record<string, unknown> {
  if (columns[name] !== null) return columns
  const { [name]: _cleared, ...rest } = columns
  return rest
}
