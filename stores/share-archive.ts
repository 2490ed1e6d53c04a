import { z } from 'zod'
import { boundJson } from '~/shared/domain/bounds'
import type { Part } from '~/shared/domain/part'
import { bySharedPlace } from '~/shared/domain/share-order'
import { cleanJson } from '~/shared/domain/text'
import { limits } from '~/shared/limits'

const record = z.record(z.string(), z.unknown())
const loose = record.catch({})
const word = z.string().catch('')

/** `GET /api/share/:id`, read as leniently as it was written. */
export const shareInfoSchema = z.object({
  session: loose,
  messages: z.array(record),
  parts: z.array(record),
  metadata: z.looseObject({ id: z.string() }),
})
export type ShareInfo = z.infer<typeof shareInfoSchema>

/** Text of one part, and of one message: a longer one would not fit a change (sync.md §4). */
const longestPart = 20_000
const longestMessage = Math.floor(limits.changeBytes / 4)

export interface SharedMessage { role: 'user' | 'assistant', model: string | null, parts: Part[] }

/** The conversation of a share: hidden parts left out, and the steps of one reply put together. */
export function infoToMessages(info: ShareInfo): SharedMessage[] {
  const id = (data: Record<string, unknown>, name = 'id'): string => word.parse(data[name])
  const places = new Map(info.messages.map((message) => [message, {
    position: z.int().nullable().catch(null).parse(message.position), created: z.number().catch(0).parse(loose.parse(message.time).created), role: word.parse(message.role), id: id(message),
  }]))
  const ordered = [...info.messages].sort((a, b) => bySharedPlace(places.get(a)!, places.get(b)!))
  const partsOf = new Map<string, Record<string, unknown>[]>()
  for (const part of info.parts) {
    const message = id(part, 'messageID')
    const list = partsOf.get(message)
    if (list) list.push(part)
    else partsOf.set(message, [part])
  }
  const result: SharedMessage[] = []
  for (const message of ordered) {
    const role = message.role === 'user' ? 'user' : 'assistant'
    const parts = (partsOf.get(id(message)) ?? []).map(dataToPart).filter((part) => part !== null)
    if (parts.length === 0) continue
    const last = result.at(-1)
    if (last && last.role === role) last.parts.push(...parts)
    else result.push({ role, model: role === 'assistant' && message.providerID === 'openrouter' ? word.parse(message.modelID) || null : null, parts })
  }
  return result.map((message) => ({ ...message, parts: withinMessage(message.parts) }))
}

function dataToPart(data: Record<string, unknown>): Part | null {
  if (data.synthetic === true) return null
  switch (data.type) {
    case 'text': return textPart(word.parse(data.text))
    case 'reasoning': return word.parse(data.text).trim() ? { type: 'reasoning', text: word.parse(data.text).slice(0, longestPart) } : null
    case 'file': return textPart(`[Attachment: ${word.parse(data.filename) || 'file'}]`)
    case 'tool': {
      const state = loose.parse(data.state)
      const output = typeof state.output === 'string' ? state.output.slice(0, longestPart) : word.parse(state.error)
      return { type: `tool-${word.parse(data.tool).replace(/[^\w-]/g, '') || 'call'}`, input: JSON.stringify(boundJson(state.input ?? {})).slice(0, longestPart), output }
    }
    default: return null
  }
}

const textPart = (text: string): Part | null => (text.trim() ? { type: 'text', text: text.slice(0, longestMessage) } : null)

/** Keeps what fits one change, beginning with what was said. */
function withinMessage(parts: readonly Part[]): Part[] {
  let left = longestMessage
  const kept = new Set<Part>()
  for (const part of [...parts].sort((a, b) => Number(b.type === 'text') - Number(a.type === 'text'))) {
    const size = JSON.stringify(part).length
    if (size > left) continue
    left -= size
    kept.add(part)
  }
  return parts.filter((part) => kept.has(part))
}

/** The share as an export of Holdfast with one new thread, `threadId`: what `import` takes. Times are now, in the order of the share. */
export function infoToArchive(info: ShareInfo, { threadId, newId, now }: { threadId: string, newId: () => string, now: number }): string {
  const messages = infoToMessages(info)
  const start = now - messages.length
  let parent: string | null = null
  const rows = messages.map(({ role, model, parts }, index) => {
    const row = { id: newId(), thread: threadId, parent, role, status: 'final', parts, model, usage: null, error: null, run: null, created_at: start + index }
    parent = row.id
    return row
  })
  const thread = {
    id: threadId, title: word.parse(info.session.title).slice(0, limits.titleLength) || 'Shared conversation', pinned: false, archived: false,
    model: [...messages].reverse().find(({ model }) => model)?.model ?? null, system_prompt: null, active_leaf: parent, parent_thread: null, parent_message: null, created_at: start,
  }
  return JSON.stringify(cleanJson({ format: 'holdfast', version: 1, threads: [thread], messages: rows, labels: [], settings: [] }))
}
