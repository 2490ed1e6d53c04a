import { z } from 'zod'
import { messageSchema, type Message } from '~/shared/domain/message'
import type { Thread } from '~/shared/domain/thread'
import type { Clock } from '~/shared/sync/clock'
import { clockTime } from '~/shared/sync/clock'
import { orAside } from '../aside'
import type { SqlDriver, SqlRow } from '../driver'

const jsonOf = (value: SqlRow[string] | undefined): unknown => (typeof value === 'string' ? JSON.parse(value) : null)
const textOf = (value: SqlRow[string] | undefined): string | null => (typeof value === 'string' ? value : null)

/** The time of a row: its own word, or its clock's while the column has not come. */
export const rowTime = (row: SqlRow): number => (typeof row.created_at === 'number' ? row.created_at : clockTime(String(row.h) as Clock) || 0)

/**
 * A thread row as the app reads it. Columns come one by one from other devices, so any may still be missing; the ids were
 * checked when the change was taken.
 */
export function rowToThread(row: SqlRow): Thread {
  return {
    id: String(row.id) as Thread['id'],
    title: textOf(row.title) ?? '',
    pinned: row.pinned === 1,
    archived: row.archived === 1,
    model: textOf(row.model),
    system_prompt: textOf(row.system_prompt),
    active_leaf: textOf(row.active_leaf) as Thread['active_leaf'],
    parent_thread: textOf(row.parent_thread) as Thread['parent_thread'],
    parent_message: textOf(row.parent_message) as Thread['parent_message'],
    deleted: row.deleted === 1,
    created_at: rowTime(row),
  }
}

/** A message row as the app reads it; undefined for one of a form that this build does not know, which another build wrote, and for one that is aside. */
export const rowToMessage = (driver: SqlDriver, row: SqlRow): Message | undefined =>
  orAside(driver, 'message', String(row.id), () => parseMessage(row))

function parseMessage(row: SqlRow): Message | undefined {
  const parsed = messageSchema.safeParse({
    id: row.id, thread: row.thread, parent: row.parent ?? null, role: row.role, status: row.status, parts: jsonOf(row.parts) ?? [],
    model: row.model ?? null, usage: jsonOf(row.usage), error: jsonOf(row.error), run: row.run ?? null, deleted: row.deleted === 1, created_at: rowTime(row),
  })
  return parsed.success ? parsed.data : undefined
}

export function readThread(driver: SqlDriver, id: string): Thread | undefined {
  const row = driver.get('select * from thread where id = ?', [id])
  return row && rowToThread(row)
}

export function readMessage(driver: SqlDriver, id: string): Message | undefined {
  const row = driver.get('select * from message where id = ?', [id])
  return row && rowToMessage(driver, row)
}

/** A synced setting; null when it was never set. */
export function readSetting(driver: SqlDriver, name: string): z.infer<ReturnType<typeof z.json>> {
  const value = driver.get<{ value: string | null }>('select value from setting where name = ?', [name])?.value
  return value ? orAside(driver, 'setting', name, () => z.json().parse(JSON.parse(value))) ?? null : null
}
