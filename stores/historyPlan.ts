import { summaryInstruction, summaryToContent, type HistoryChoice } from '~/shared/domain/history'
import type { MessageId } from '~/shared/domain/ids'
import { isTerminal, type Message } from '~/shared/domain/message'
import { partsToText, type FilePart } from '~/shared/domain/part'
import { messageToTokens, partsToTokens } from './tokenEstimate'

export interface Draft { text: string, files: readonly FilePart[] }

export interface HistoryRequest {
  systemPrompt: string
  /** What stands above the reply, oldest first. Without a draft its last message is the one that is answered. */
  path: readonly Message[]
  draft: Draft | null
  /** Every summary of the thread. */
  summaries: readonly Message[]
  choice: HistoryChoice
  /** Most tokens that the model takes beside its reply; null when nobody knows. */
  limit: number | null
}

/** What a send would carry, as the server builds it. */
export interface HistoryPlan {
  limit: number | null
  /** Estimated tokens of everything that goes out, the draft included, and of what would if nothing was left out. */
  tokens: number
  whole: number
  fits: boolean
  /** What cannot be left out. */
  fixed: number
  sent: readonly Message[]
  /** Left out, oldest first. */
  omitted: readonly Message[]
  /** Stands in place of `covered`. */
  summary: Message | null
  covered: readonly Message[]
}

const sum = (messages: readonly Message[]): number => messages.reduce((total, message) => total + messageToTokens(message), 0)
const summaryToTokens = (summary: Message): number => partsToTokens(summaryToContent(partsToText(summary.parts)), [])
const isUsable = (summary: Message, choice: HistoryChoice): boolean =>
  !summary.deleted && partsToText(summary.parts) !== '' && (summary.status === 'final' || (isTerminal(summary.status) && summary.id === choice?.use))

/** The summary that covers most of a path, and how many messages that is. */
function findSummary({ path, summaries, choice, draft }: HistoryRequest): { summary: Message, covers: number } | null {
  const indexes = new Map(path.map(({ id }, index) => [id, index]))
  // The message that is answered is never behind a summary.
  const most = draft ? path.length : path.length - 1
  let best: { summary: Message, covers: number } | null = null
  for (const summary of summaries) {
    const covers = (summary.parent ? indexes.get(summary.parent) ?? -1 : -1) + 1
    if (covers > 0 && covers <= most && covers >= (best?.covers ?? 0) && isUsable(summary, choice)) best = { summary, covers }
  }
  return best
}

/** Where to cut so that what follows fits into `room`: 0 keeps all. A conversation begins with a person's message. */
function findCut(messages: readonly Message[], room: number): number {
  let cut = messages.length
  for (let left = room; cut > 0; cut--) {
    left -= messageToTokens(messages[cut - 1]!)
    if (left < 0) break
  }
  while (cut > 0 && cut < messages.length && messages[cut]!.role !== 'user') cut++
  return cut
}

/** What cannot be left out: the system prompt, and the draft or the message that is answered. */
const fixedTokens = ({ systemPrompt, draft, path }: HistoryRequest): number =>
  partsToTokens(systemPrompt.trim(), []) + (draft ? partsToTokens(draft.text, draft.files) : sum(path.slice(-1)))

export function planHistory(request: HistoryRequest): HistoryPlan {
  const { path, choice, draft } = request
  const limit = choice?.most === undefined ? request.limit : Math.min(choice.most, request.limit ?? choice.most)
  const fixed = fixedTokens(request)
  const before = draft ? path : path.slice(0, -1)
  const found = choice?.start === 'summary' ? findSummary(request) : null
  const cut = found ? found.covers : choice?.start === 'drop' && limit !== null ? findCut(before, limit - fixed) : 0
  const tokens = fixed + sum(before.slice(cut)) + (found ? summaryToTokens(found.summary) : 0)
  return {
    limit, tokens, fixed, whole: fixed + sum(before), fits: limit === null || tokens <= limit,
    sent: path.slice(cut),
    omitted: found ? [] : before.slice(0, cut), summary: found?.summary ?? null, covered: found ? before.slice(0, cut) : [],
  }
}

/** A run that writes a summary: of everything down to `upTo`, from an earlier summary on, without what even this run has no room for. */
export interface SummaryPlan {
  upTo: MessageId
  from: MessageId | null
  omit: MessageId[]
  /** Messages that it will stand for. */
  covers: number
}

/** Tokens that a summary may take; a small model gets a smaller share. */
const summaryRoom = (limit: number): number => Math.min(1_000, Math.floor(limit / 4))

/** The summary to be written so that the thread fits again, with as much room to go on in; null when none would help. */
export function planSummary(request: HistoryRequest): SummaryPlan | null {
  const { limit } = planHistory(request)
  if (limit === null) return null
  const before = request.draft ? request.path : request.path.slice(0, -1)
  const room = limit - fixedTokens(request) - summaryRoom(limit)
  const earlier = findSummary(request)
  const start = earlier?.covers ?? 0
  const forReading = limit - summaryRoom(limit) - partsToTokens(summaryInstruction, []) - (earlier ? summaryToTokens(earlier.summary) : 0)
  const attempt = (kept: number): SummaryPlan | null => {
    let covers = start + findCut(before.slice(start), kept)
    while (covers > start && !isTerminal(before[covers - 1]!.status)) covers--
    if (covers <= start || room < sum(before.slice(covers))) return null
    const read = before.slice(start, covers)
    return { upTo: before[covers - 1]!.id, from: earlier?.summary.id ?? null, omit: read.slice(0, findCut(read, forReading)).map(({ id }) => id), covers }
  }
  // Half of the room is kept free, or else the next message would ask for the next summary; unless that is more than one run can read.
  const roomy = attempt(room / 2)
  return roomy?.omit.length === 0 ? roomy : attempt(room) ?? roomy
}
