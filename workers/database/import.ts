import { z } from 'zod'
import { createError, fail, HoldfastException } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { isTerminal, messageSchema } from '~/shared/domain/message'
import { isFilePart, type FilePart, type Part } from '~/shared/domain/part'
import type { JsonValue } from '~/shared/domain/text'
import { bounded } from '~/shared/domain/bounds'
import { threadSchema } from '~/shared/domain/thread'
import { byteLength } from '~/shared/sync/change'
import { tables } from '~/shared/sync/tables'
import type { LocalChange } from './local-write'
import { runMutation } from './mutations/mutation'
import type { LocalDatabase } from './open'

const { parts, usage, error } = messageSchema.shape

const archiveSchema = z.object({
  format: z.literal('holdfast'),
  version: z.literal(1),
  threads: z.array(threadSchema.omit({ deleted: true })),
  messages: z.array(messageSchema.omit({ deleted: true }).extend({ parts: bounded(parts), usage: bounded(usage), error: bounded(error) })),
  labels: z.array(z.object({ thread: z.string(), name: z.string() })).default([]),
  settings: z.array(z.object({ name: z.string(), value: bounded(z.json()) })).default([]),
})
type Archive = z.infer<typeof archiveSchema>

const chunkRows = 200
/** What a change may weigh, its number and clock left room for. */
const roomForChange = limits.changeBytes - 256

interface ImportDeps {
  /** Lets other work run. */
  pause(): Promise<void>
  /** Keeps a text as a file of this device. */
  keepText(text: string): Promise<FilePart>
}

function readArchive(text: string): Archive {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new HoldfastException(createError('invalid_request', 'this file is not JSON'), { cause })
  }
  const parsed = archiveSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  fail('invalid_request', `this file is not an export of Holdfast: ${issue ? `${issue.path.join('.')}: ${issue.message}` : 'unknown form'}`)
}

/** Rows of the archive as changes: threads before messages, messages by age, so that a parent precedes its child. */
function toChanges({ threads, messages, labels, settings }: Archive): LocalChange[] {
  const flag = (value: boolean) => (value ? 1 : 0)
  return [
    ...threads.map(({ id, pinned, archived, ...rest }): LocalChange => ({ t: 'thread', k: id, c: { ...rest, pinned: flag(pinned), archived: flag(archived), deleted: 0 } })),
    // What was unfinished there will not be finished here; what it cost was counted where it was made.
    ...messages.map(({ id, run: _run, status, ...rest }): LocalChange => ({
      t: 'message', k: id, c: { ...rest as Record<string, JsonValue>, status: isTerminal(status) ? status : 'interrupted', run: null, deleted: 0 },
    })),
    ...labels.map(({ thread, name }): LocalChange => ({ t: 'label', k: `${thread}:${name}`, c: { thread, name, on: 1 } })),
    ...settings.map(({ name, value }): LocalChange => ({ t: 'setting', k: name, c: { value } })),
  ]
}

/**
 * Brings an export into this file. Rows that are here already stay as they are, deleted ones come back. Works in pieces and lets other
 * work run between them; done twice, the second time finds everything there.
 */
export async function importArchive(db: LocalDatabase, mutation: string, text: string, { pause, keepText }: ImportDeps): Promise<{ threads: number, messages: number }> {
  const changes: LocalChange[] = []
  for (const change of toChanges(readArchive(text))) changes.push(await fit(change, keepText))
  const counts = { threads: 0, messages: 0 }
  for (let start = 0; start < changes.length; start += chunkRows) {
    const chunk = changes.slice(start, start + chunkRows)
    const part = runMutation(db, `${mutation}-${start}`, ({ write }) => {
      const fresh = chunk.flatMap((change) => missing(db, change))
      write(fresh)
      return { threads: fresh.filter(({ t }) => t === 'thread').length, messages: fresh.filter(({ t }) => t === 'message').length }
    })
    counts.threads += part.threads
    counts.messages += part.messages
    await pause()
  }
  return counts
}

/** So many parts of a message may become files of their own; where that is not enough, its parts become one. */
const mostFiles = 50

/** The server writes longer replies than a device may: what weighs most of such a message becomes files, texts as they are, other parts as JSON. */
async function fit(change: LocalChange, keepText: ImportDeps['keepText']): Promise<LocalChange> {
  if (change.t !== 'message' || !Array.isArray(change.c.parts) || weigh(change) <= roomForChange) return change
  const parts = [...change.c.parts as Part[]]
  let size = weigh(change)
  const heaviest = parts.map((part, index) => ({ index, weight: isFilePart(part) ? 0 : weigh(part) })).sort((a, b) => b.weight - a.weight).slice(0, mostFiles)
  for (const { index, weight } of heaviest) {
    if (size <= roomForChange) break
    const file = weight > 0 ? await keepText(partToText(parts[index]!)) : parts[index]!
    size += weigh(file) - weigh(parts[index])
    parts[index] = file
  }
  const kept = size <= roomForChange ? parts : [await keepText(change.c.parts.map((part) => partToText(part as Part)).join('\n\n'))]
  return { ...change, c: { ...change.c, parts: kept as JsonValue } }
}

const weigh = (value: unknown): number => byteLength(JSON.stringify(value))
const partToText = (part: Part): string => ('text' in part && typeof part.text === 'string' ? part.text : JSON.stringify(part, null, 2))

/** The change that brings a row here: whole if it is absent, its undeletion if it is deleted, none if it stands. */
function missing(db: LocalDatabase, change: LocalChange): LocalChange[] {
  const row = db.driver.get(`select * from ${change.t} where ${tables[change.t].key} = ?`, [change.k])
  if (!row) return [change]
  return row.deleted === 1 ? [{ ...change, c: { deleted: 0 } }] : []
}
