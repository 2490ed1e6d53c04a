import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { FilePart, Part } from '~/shared/domain/part'
import { createTree } from '~/shared/domain/tree'
import { planHistory, planSummary, type HistoryRequest } from '~/shared/domain/history-plan'
import { messageToTokens, modelToLimit, partsToTokens, replyRoom, summaryToTokens, textToTokens } from '~/shared/domain/token-estimate'

const message = (id: string, parent: string | null, more: Partial<Message> = {}): Message => ({
  id: id as MessageId, thread: 'thread-1' as ThreadId, parent: parent as MessageId | null, role: 'user', status: 'final', parts: [{ type: 'text', text: 'word' }],
  model: null, usage: null, error: null, run: null, deleted: false, created_at: 1, ...more,
})
const text = (tokens: number): Part[] => [{ type: 'text', text: 'a'.repeat((tokens - 4) * 4) }]
/** Question, answer, question … of so many tokens each. */
const talk = (...tokens: number[]): Message[] =>
  tokens.map((count, index) => message(`m${index}`, index ? `m${index - 1}` : null, { role: index % 2 ? 'assistant' : 'user', parts: text(count) }))
const summaryOf = (parent: string, more: Partial<Message> = {}) => message(`s-${parent}`, parent, { role: 'system', model: 'fake/echo', parts: text(50), ...more })
const weighed = (messages: readonly Message[]) => messages.map((one) => ({ ...one, tokens: messageToTokens(one) }))
const request = (path: Message[], { summaries = [], ...more }: Partial<Omit<HistoryRequest, 'summaries'>> & { summaries?: Message[] } = {}): HistoryRequest => ({
  system: 0, path: weighed(path), draft: 100, summaries: summaries.map((one) => ({ ...one, tokens: summaryToTokens(one) })), choice: null, limit: 1_000, ...more,
})
const ids = (messages: readonly { id: string }[]) => messages.map(({ id }) => id)
/** A plan with the messages it means. */
const planned = (asked: HistoryRequest) => {
  const plan = planHistory(asked)
  const before = asked.path.slice(0, plan.cut)
  return { ...plan, sent: asked.path.slice(plan.cut), omitted: plan.summary ? [] : before, covered: plan.summary ? before : [] }
}

describe('the estimate', () => {
  it('[RN50] is a quarter of the bytes, a little for each message, and nothing for what is not sent', () => {
    expect([textToTokens('four'), textToTokens('日本'), textToTokens('')]).toEqual([1, 2, 0])
    expect([partsToTokens('four', []), partsToTokens('', [])]).toEqual([5, 0])
    expect(messageToTokens(message('a', null, { role: 'assistant', parts: [{ type: 'reasoning', text: 'a'.repeat(400) }] }))).toBe(0)
  })

  it('[RN50] counts files by their kind, of a person’s message only', () => {
    const file = (mime: string, size: number): FilePart => ({ type: 'file', sha256: 'a'.repeat(64), name: 'f', mime, size })
    const tokens = (mime: string, size: number) => partsToTokens('', [file(mime, size)]) - 4
    expect([tokens('image/png', 9_000_000), tokens('text/plain', 400), tokens('application/pdf', 50_000)]).toEqual([1_000, 100, 1_000])
    expect(messageToTokens(message('a', null, { role: 'assistant', parts: [file('image/png', 9)] }))).toBe(0)
  })

  it('[RN50] keeps room for a reply', () => {
    expect([replyRoom(1_000, 16_384), replyRoom(200_000, 64_000), replyRoom(200_000, null), replyRoom(8_000, 500)]).toEqual([250, 4_096, 4_096, 500])
    expect(modelToLimit(undefined)).toBeNull()
  })
})

describe('what is sent', () => {
  it('[RN51] is everything, until a person chooses otherwise', () => {
    const plan = planned(request(talk(500, 500, 500)))
    expect(plan).toMatchObject({ tokens: 1_600, whole: 1_600, fits: false, omitted: [], summary: null })
    expect(planned(request(talk(500, 300)))).toMatchObject({ tokens: 900, fits: true })
    expect(planned(request(talk(5_000), { limit: null })).fits).toBe(true)
  })

  it('[RN51] without the start: the oldest go until it fits, and it begins with a question', () => {
    const plan = planned(request(talk(300, 300, 300, 300, 100, 100), { choice: { start: 'drop' } }))
    expect([ids(plan.omitted), ids(plan.sent), plan.tokens, plan.fits]).toEqual([['m0', 'm1'], ['m2', 'm3', 'm4', 'm5'], 900, true])
    const odd = planned(request(talk(300, 300, 300, 300, 300), { choice: { start: 'drop' } }))
    expect(ids(odd.sent)).toEqual(['m2', 'm3', 'm4'])
    const cutInAnswer = planned(request(talk(300, 300, 300, 600, 100), { choice: { start: 'drop' } }))
    expect(ids(cutInAnswer.sent)).toEqual(['m4'])
  })

  it('[RN51] drops nothing while all fits, and never the message that is answered', () => {
    expect(planned(request(talk(100, 100), { choice: { start: 'drop' } })).omitted).toEqual([])
    const retry = planned(request(talk(300, 300, 2_000), { choice: { start: 'drop' }, draft: null }))
    expect([ids(retry.sent), retry.fits]).toEqual([['m2'], false])
  })

  it('[RN51] is less than we thought would fit where the provider said so', () => {
    const choice = { start: 'drop' as const, most: 500 }
    expect(ids(planned(request(talk(300, 200, 100, 100), { choice })).sent)).toEqual(['m2', 'm3'])
    expect(ids(planned(request(talk(300, 200, 100, 100), { choice, limit: null })).sent)).toEqual(['m2', 'm3'])
  })

  it('[RN51] fits whenever what cannot be left out does', () => {
    const tokens = fc.integer({ min: 5, max: 400 })
    fc.assert(fc.property(fc.array(tokens, { minLength: 1, maxLength: 12 }), fc.integer({ min: 100, max: 2_000 }), fc.boolean(), (sizes, limit, answers) => {
      const path = talk(...sizes)
      const plan = planned(request(path, { choice: { start: 'drop' }, limit, ...(answers ? { draft: null } : {}) }))
      expect(plan.fits).toBe(plan.fixed <= limit)
      expect(ids([...plan.omitted, ...plan.sent])).toEqual(ids(path))
    }))
  })
})

describe('a summary', () => {
  const path = talk(300, 300, 300, 300)
  const choice = { start: 'summary' as const }

  it('[RN52] stands for what it covers, the one that covers most', () => {
    const plan = planned(request(path, { choice, summaries: [summaryOf('m1'), summaryOf('m0'), summaryOf('elsewhere')] }))
    expect([plan.summary?.id, ids(plan.covered), ids(plan.sent), plan.omitted]).toEqual(['s-m1', ['m0', 'm1'], ['m2', 'm3'], []])
    expect(plan.fits).toBe(true)
  })

  it('[RN52] is not used without being chosen, unfinished, deleted, or for the very message that is answered', () => {
    const used = (summary: Message, more: Pick<Partial<HistoryRequest>, 'choice' | 'draft'> = {}) => planned(request(path, { choice, summaries: [summary], ...more })).summary !== null
    expect(used(summaryOf('m1'), { choice: null })).toBe(false)
    expect(used(summaryOf('m1', { status: 'streaming' }))).toBe(false)
    expect(used(summaryOf('m1', { status: 'stopped' }))).toBe(false)
    expect(used(summaryOf('m1', { status: 'stopped' }), { choice: { ...choice, use: 's-m1' as MessageId } })).toBe(true)
    expect(used(summaryOf('m1', { deleted: true }))).toBe(false)
    expect(used(summaryOf('m3'))).toBe(true)
    expect(used(summaryOf('m3'), { draft: null })).toBe(false)
  })

  it('[RN52] is planned so that there is room to go on, of what one run can read, from the one before it', () => {
    expect(planSummary(request(talk(150, 150, 150, 150, 200, 100)))).toEqual({ upTo: 'm3', from: null, omit: [], covers: 4 })
    expect(planSummary(request(path))).toEqual({ upTo: 'm1', from: null, omit: [], covers: 2 })
    const short = talk(100, 100, 100, 100, 300, 200, 100, 100)
    expect(planSummary(request(short))).toEqual({ upTo: 'm5', from: null, omit: ['m0', 'm1', 'm2', 'm3'], covers: 6 })
    expect(planSummary(request(short, { summaries: [summaryOf('m3')] }))).toMatchObject({ upTo: 'm5', from: 's-m3', covers: 6 })
  })

  it('[RN52] is not planned where it cannot help, nor over a reply that is still coming', () => {
    expect(planSummary(request([]))).toBeNull()
    expect(planSummary(request(path, { draft: 2_254 }))).toBeNull()
    expect(planSummary(request(path, { limit: null }))).toBeNull()
    const growing = talk(300, 300, 100, 500).map((last, index) => (index === 3 ? { ...last, status: 'streaming' as const } : last))
    expect(planSummary(request(growing))?.upTo).toBe('m1')
  })

  it('[RN52] is on no path of its thread', () => {
    const tree = createTree([...path, { ...summaryOf('m3'), created_at: 9 }])
    expect(ids(tree.pathTo(null))).toEqual(ids(path))
    expect(tree.leafBelow('m0' as MessageId)).toBe('m3')
  })
})
