import { setTimeout as sleep } from 'node:timers/promises'
import type { RunOptions } from '~/shared/protocol/run'
import { partsToText, type Part, type PartDelta } from '~/shared/domain/part'
import { cleanText } from '~/shared/domain/text'
import { textToTitle } from '~/shared/domain/thread'
import { createError, HoldfastException } from '~/shared/errors'
import { limits } from '~/shared/limits'
import type { Blobs } from '../blobs/blobs'
import type { Log } from '../log'
import { readChat, type ChatOutcome } from '../openrouter/chat-stream'
import type { OpenRouter } from '../openrouter/openrouter'
import type { ReplyImage } from '../openrouter/part-assembler'
import { createScrubber, type Scrubber } from '../openrouter/scrub'
import type { Database } from '../sql/schema'
import { toStorageFailure } from '../sql/storage-failure'
import type { ServerChange, Sync } from '../sync/sync'
import { toRunEnd, type Ending } from './end-run'
import { endAnyhow } from './end-stored'
import { fitEntries } from './fit-entries'
import type { EventWriter } from './event-writer'
import { applySummary, buildHistory, partsToContinue } from './history'
import type { LiveRun } from './live-run'
import { readAncestors, readMessage, readThread, type MessageRow } from './message-row'
import { markStarted, readRun } from './run-store'
import { cell, readSummary } from './start-run'

/** A place for the pictures of a reply, and the bytes of what a message holds. */
export type RunBlobs = Pick<Blobs, 'put' | 'read'>

export interface StreamDeps {
  database: Database, sync: Sync, openrouter: OpenRouter, blobs: RunBlobs, writer: EventWriter, log: Log, now: () => number
  /** This process, and whether it is about to end. */
  owner: string
  isClosing(): boolean
}
/** What a run needs besides its row, in memory only: it goes when the run ends. */
export interface RunRequest { parent: string, options: RunOptions }
interface Prepared { systemPrompt: string | null, path: MessageRow[], summary: string, before: Part[], continued: string }

/** A reply's row must fit into one change, with room for its other members. */
const longestReply = limits.serverChangeBytes - 256 * 1024
const endTries = 5
const endRetryMs = 1_000
/** After the first tries, one of so many is logged. */
const saidEvery = 60

/** Streams a queued run from its start to its end. Never rejects. */
export async function streamRun(deps: StreamDeps, run: LiveRun, { parent, options }: RunRequest): Promise<void> {
  const scrubber = createScrubber(options.openrouterApiKey ?? null)
  let ending: Pick<Ending, 'status' | 'usage' | 'error'>
  try {
    const prepared = await prepare(deps, run, parent, options)
    ending = prepared ? toEnding(run, await callProvider(deps, run, { options, scrubber, prepared })) : { status: 'stopped' }
  } catch (error) {
    const expected = (error instanceof HoldfastException ? error : toStorageFailure(error))?.error ?? null
    if (!run.signal.aborted && !expected) {
      // The stack may quote what the provider said.
      deps.log.error({ run: run.id, stack: scrubber.text(error instanceof Error ? error.stack ?? error.message : String(error)) }, 'a run failed')
    }
    ending = toEnding(run, { error: expected ?? createError('internal', 'Something went wrong on the server.'), usage: null, model: null })
  }
  await finishRun(deps, run, ending)
}

/** Commits that the run has started, before the provider hears of it. Null when it was ended before, or its reply was deleted meanwhile. */
async function prepare({ sync, owner, now }: StreamDeps, run: LiveRun, parent: string, options: RunOptions): Promise<Prepared | null> {
  if (run.signal.aborted) return null
  const result = await sync.transaction(run.space, async (trx) => {
    const reply = await readMessage(trx, run.space, run.message)
    const thread = await readThread(trx, run.space, run.thread)
    if (!reply || reply.deleted === 1 || thread?.deleted === 1) return null
    if (!(await markStarted(trx, run, owner, now()))) return null
    const continued = options.continueFrom ? await readMessage(trx, run.space, options.continueFrom) : null
    const { before, text } = partsToContinue(continued?.parts ?? [])
    const ancestors = await readAncestors(trx, run.space, parent)
    const { path, summary } = options.summary
      ? applySummary(ancestors, await readSummary(trx, run.space, run.thread, options.summary), options.summarize ?? false)
      : { path: ancestors, summary: '' }
    const changes: ServerChange[] = [{ t: 'message', k: run.message, c: { ...cell('streaming', before), ...(reply.model ? {} : { model: cleanText(options.model) }) } }]
    const question = partsToText(ancestors.findLast((message) => message.role === 'user')?.parts ?? [])
    if (!thread?.title && question) changes.push({ t: 'thread', k: run.thread, c: { title: cleanText(textToTitle(question)) } })
    return { changes: await sync.writeServerChanges(trx, run.space, changes), prepared: { systemPrompt: thread?.system_prompt ?? null, path, summary, before, continued: text } }
  })
  if (!result) return null
  sync.announce(run.space, result.changes)
  return result.prepared
}

async function callProvider(
  deps: StreamDeps, run: LiveRun, { options, scrubber, prepared }: { options: RunOptions, scrubber: Scrubber, prepared: Prepared },
): Promise<ChatOutcome> {
  const { openrouter, blobs, now } = deps
  const { openrouterApiKey: key = '', omit = [], summarize = false, summary: _summary, continueFrom: _continued, ...asked } = options
  if (prepared.before.length > 0) run.append(prepared.before.map((part, index) => ({ ...part, index })))
  const messages = await buildHistory({ ...prepared, omit: new Set(omit), summarize, load: async (sha256) => (await blobs.read(run.space, sha256))?.bytes ?? null })
  const tooLong = new AbortController()
  const signal = AbortSignal.any([run.signal, tooLong.signal])
  const answer = await openrouter.chat({ options: asked, messages, sessionId: run.thread, key, scrubber, signal, onRetry: (at) => run.setRetryAt(at) })
  if (!answer.ok) return { error: answer.error, usage: null, model: null }
  const outcome = await readChat(answer.value, {
    parts(entries) {
      const { taken, isWhole } = fitEntries(entries, longestReply - run.bytes())
      if (taken.length > 0) run.append(taken)
      if (!isWhole) tooLong.abort()
    },
    image: async (image) => { run.append([await imageToEntry(deps, run.space, image)]) },
  }, { scrubber, now, idleMs: openrouter.idleMs, before: prepared.before })
  return tooLong.signal.aborted ? { ...outcome, error: createError('payload_too_large', 'The reply is longer than a message may be.') } : outcome
}

/** A picture that can not be kept is said in its place: the rest of the reply is not lost with it. */
async function imageToEntry({ blobs, log }: StreamDeps, space: string, { index, bytes, mime }: ReplyImage): Promise<PartDelta> {
  const instead = (reason: string) => ({ index, type: 'text', text: `[A picture (${mime}, ${bytes.length} bytes) came here: ${reason}]` })
  try {
    return { index, ...await blobs.put(space, bytes, mime) }
  } catch (error) {
    if (error instanceof HoldfastException) return instead(error.error.message)
    log.error({ err: error }, 'a picture of a reply could not be stored')
    return instead('it could not be stored.')
  }
}

/** A stop outweighs whatever the broken call says about itself. */
function toEnding(run: LiveRun, { error, usage, model }: ChatOutcome): Pick<Ending, 'status' | 'usage' | 'error'> {
  const served = usage && model ? { ...usage, model } : usage
  const reason = run.stopReason()
  if (reason && error) return { status: reason, usage: served }
  return error ? { status: 'error', usage: served, error } : { status: 'final', usage: served }
}

/**
 * Writes the end and tells the devices. What is not stored yet is in this process only, and was paid for: a disk that is full, or a database that
 * is away, is asked again until it takes it. A server that ends waits for a few tries, and in a damaged file there is nothing to wait for;
 * then the reaper has the last word, which will be the one that is told here.
 */
export async function finishRun({ writer, log, isClosing, ...deps }: StreamDeps, run: LiveRun, ending: Pick<Ending, 'status' | 'usage' | 'error'>): Promise<void> {
  await writer.release(run)
  for (let attempt = 1; ; attempt++) {
    try {
      await endAnyhow({ ...deps, log }, run, { ...ending, parts: run.parts(), unsaved: run.take(), seq: run.seq() })
      run.setStored(run.seq())
      run.end(toRunEnd(await readRun(deps.database, run) ?? { id: run.id, usage: null, error: null, ...ending }))
      return
    } catch (error) {
      if (attempt <= endTries || attempt % saidEvery === 0) log.error({ err: error, run: run.id, attempt }, 'the end of a run could not be stored')
      const { code } = (error instanceof HoldfastException ? error : toStorageFailure(error))?.error ?? {}
      const isHopeless = isClosing() || code === 'database_damaged'
      if (attempt >= endTries && isHopeless) return run.end(toRunEnd({ id: run.id, status: 'interrupted', usage: null, error: null }))
      await sleep(endRetryMs)
    }
  }
}
