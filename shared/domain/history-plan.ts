import { summaryInstruction, type HistoryChoice } from '~/shared/domain/history'
import type { MessageId } from '~/shared/domain/ids'
import { isTerminal, type Message } from '~/shared/domain/message'
import { partsToTokens } from './token-estimate'

/** A message and what it takes. */
export type Weighed = Pick<Message, 'id' | 'role' | 'status'> & { tokens: number }
/** A summary takes what it takes as the message that stands for others; nothing when it has no text. */
export type WeighedSummary = Weighed & Pick<Message, 'parent' | 'deleted'>

export interface HistoryRequest {
  /** What the system prompt takes. */
  system: number
  /** What stands above the reply, oldest first. Without a draft its last message is the one that is answered. */
  path: readonly Weighed[]
  /** What the draft takes. */
  draft: number | null
  /** Every summary of the thread. */
  summaries: readonly WeighedSummary[]
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
  /** Left out, oldest first: everything before this number of the path, unless `summary` stands in its place. */
  cut: number
  summary: WeighedSummary | null
}

const sum = (messages: readonly Weighed[]): number => messages.reduce((total, { tokens }) => total + tokens, 0)
const isUsable = (summary: WeighedSummary, choice: HistoryChoice): boolean =>
  !summary.deleted && summary.tokens > 0 && (summary.status === 'final' || (isTerminal(summary.status) && summary.id === choice?.use))

/** The summary that covers most of a path, and how many messages that is. */
function findSummary({ path, summaries, choice, draft }: HistoryRequest): { summary: WeighedSummary, covers: number } | null {
  const indexes = new Map(path.map(({ id }, index) => [id, index]))
  // The message that is answered is never behind a summary.
  const most = draft !== null ? path.length : path.length - 1
  let best: { summary: WeighedSummary, covers: number } | null = null
  for (const summary of summaries) {
    const covers = (summary.parent ? indexes.get(summary.parent) ?? -1 : -1) + 1
    if (covers > 0 && covers <= most && covers >= (best?.covers ?? 0) && isUsable(summary, choice)) best = { summary, covers }
  }
  return best
}

/** Where to cut so that what follows fits into `room`: 0 keeps all. A conversation begins with a person's message. */
function findCut(messages: readonly Weighed[], room: number): number {
  let cut = messages.length
  for (let left = room; cut > 0; cut--) {
    left -= messages[cut - 1]!.tokens
    if (left < 0) break
  }
  while (cut > 0 && cut < messages.length && messages[cut]!.role !== 'user') cut++
  return cut
}

/** What cannot be left out: the system prompt, and the draft or the message that is answered. */
const fixedTokens = ({ system, draft, path }: HistoryRequest): number => system + (draft ?? sum(path.slice(-1)))

export function planHistory(request: HistoryRequest): HistoryPlan {
  const { path, choice, draft } = request
  const limit = choice?.most === undefined ? request.limit : Math.min(choice.most, request.limit ?? choice.most)
  const fixed = fixedTokens(request)
  const before = draft !== null ? path : path.slice(0, -1)
  const found = choice?.start === 'summary' ? findSummary(request) : null
  const cut = found ? found.covers : choice?.start === 'drop' && limit !== null ? findCut(before, limit - fixed) : 0
  const tokens = fixed + sum(before.slice(cut)) + (found?.summary.tokens ?? 0)
  return {
    limit, tokens, fixed, whole: fixed + sum(before), fits: limit === null || tokens <= limit,
    cut, summary: found?.summary ?? null,
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
  const before = request.draft !== null ? request.path : request.path.slice(0, -1)
  const room = limit - fixedTokens(request) - summaryRoom(limit)
  const earlier = findSummary(request)
  const start = earlier?.covers ?? 0
  const forReading = limit - summaryRoom(limit) - partsToTokens(summaryInstruction, []) - (earlier?.summary.tokens ?? 0)
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
