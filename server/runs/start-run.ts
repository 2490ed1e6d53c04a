import type { RunThreadBody } from '~/shared/protocol/run-thread'
import { cleanText, type JsonValue } from '~/shared/domain/text'
import { fail } from '~/shared/errors'
import type { LoggedChange } from '~/shared/sync/change'
import type { Trx } from '../sql/schema'
import type { Sync } from '../sync/sync'
import { applySummary } from './history'
import { readAncestors, readMessage, readThread, type MessageRow } from './message-row'
import { insertRun, readRun, type StoredRun } from './run-store'

export interface StartRequest { space: string, device: string, body: RunThreadBody }
export interface Started { run: StoredRun, isNew: boolean, changes: LoggedChange[] }

/** The columns of a reply's cell, which are written together. */
export const cell = (status: string, parts: unknown[] = [], usage: unknown = null, error: unknown = null): Record<string, JsonValue> =>
  ({ status, parts, usage, error }) as Record<string, JsonValue>

/**
 * Finds the run, or records it, in one transaction that is the space's only writer: of two requests with the same id one records and
 * the other finds. Nothing is written when the request is refused.
 */
export async function startOrFind(trx: Trx, sync: Sync, { space, device, body }: StartRequest, { owner, now }: { owner: string, now: number }): Promise<Started> {
  const found = await readRun(trx, { space, id: body.runId })
  if (found && found.message === '' && found.status === 'stopped') return endUnasked(trx, sync, found, body)
  if (found) return { run: found, isNew: false, changes: [] }

  checkKey(body.options.openrouterApiKey)
  const thread = await readThread(trx, space, body.threadId)
  if (!thread) fail('not_found', 'There is no such thread.')
  if (thread.deleted === 1) fail('conflict', 'The thread is deleted.')
  const parent = await readMessage(trx, space, body.parentMessageId)
  if (!parent || parent.thread !== body.threadId) fail('not_found', 'There is no such message in the thread.')
  if (parent.deleted === 1) fail('conflict', 'The message is deleted.')
  if (body.options.continueFrom) await checkContinued(trx, space, body)
  const { summary, summarize = false } = body.options
  if (summary) applySummary(await readAncestors(trx, space, body.parentMessageId), await readSummary(trx, space, body.threadId, summary), summarize)

  await sync.requireRoom(trx, space)
  const message = body.messageId ?? body.runId
  const placeholder = await readMessage(trx, space, message)
  if (placeholder ? !isPlaceholder(placeholder, body) : body.messageId) fail('conflict', 'The message is not the queued reply of this run.')
  const run: StoredRun = { space, id: body.runId, thread: body.threadId, message, status: 'queued', seq: 0, usage: null, error: null }
  await insertRun(trx, { space, id: run.id, thread: run.thread, message, device, owner, now })
  const changes = placeholder ? [] : await sync.writeServerChanges(trx, space, [{
    t: 'message', k: message, c: {
      thread: body.threadId, parent: body.parentMessageId, role: summarize ? 'system' : 'assistant', model: cleanText(body.options.model), run: run.id, deleted: 0, created_at: now, ...cell('queued'),
    },
  }])
  return { run, isNew: true, changes }
}

/** The key's characters are checked before anything is written: one that no header can carry is not a key. */
function checkKey(key: string | undefined): void {
  if (!key) fail('key_missing', 'Log in with OpenRouter, or paste a key, to send.')
  if (!/^[\x21-\x7e]+$/.test(key)) fail('key_rejected', 'The key has characters that no key has.')
}

const isPlaceholder = (row: MessageRow, body: RunThreadBody): boolean =>
  row.thread === body.threadId && row.run === body.runId && row.parent === body.parentMessageId && row.status === 'queued' && row.deleted !== 1

async function checkContinued(trx: Trx, space: string, body: RunThreadBody): Promise<void> {
  const continued = await readMessage(trx, space, body.options.continueFrom ?? '')
  if (!continued || continued.thread !== body.threadId) fail('not_found', 'There is no such reply in the thread.')
  if (continued.deleted === 1 || continued.parent !== body.parentMessageId || continued.role !== 'assistant') fail('conflict', 'This reply can not be continued here.')
}

/** The summary that a request names, if it is one of the same thread. */
export async function readSummary(trx: Trx, space: string, thread: string, id: string): Promise<MessageRow | null> {
  const summary = await readMessage(trx, space, id)
  return summary?.thread === thread ? summary : null
}

/** The run was stopped before it was asked for: its placeholder ends, and nothing is called. */
async function endUnasked(trx: Trx, sync: Sync, run: StoredRun, body: RunThreadBody): Promise<Started> {
  const message = body.messageId ?? body.runId
  const placeholder = await readMessage(trx, run.space, message)
  if (!placeholder || !isPlaceholder(placeholder, body)) return { run: { ...run, message }, isNew: false, changes: [] }
  await trx.updateTable('run').set({ thread: body.threadId, message }).where('space', '=', run.space).where('id', '=', run.id).execute()
  const changes = await sync.writeServerChanges(trx, run.space, [{ t: 'message', k: message, c: cell('stopped') }])
  return { run: { ...run, thread: body.threadId, message }, isNew: false, changes }
}
