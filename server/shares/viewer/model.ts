import { bySharedPlace } from '~/shared/domain/share-order'
import type { StoredItem } from '../store'
import { listOf, numberOf, positionOf, recordOf, textOf, timeOf } from './fields'
import { dataToDiffs, type FileDiff } from './file-diff'
import { dataToPart, type PartView } from './part'

/** What a page shows of a message. */
export interface MessageView {
  id: string
  role: 'user' | 'assistant'
  /** Its place in a thread; null for what an agent published. */
  position: number | null
  created: number | null
  model: string
  tokensIn: number
  tokensOut: number
  cost: number
  error: string
  /** A reply that is still being written. */
  open: boolean
  parts: PartView[]
  diffs: FileDiff[]
  /** Characters that it is made of. */
  weight: number
}

/** A whole share as its page shows it. */
export interface ShareView {
  id: string
  /** Changes whenever the page would. */
  version: string
  title: string
  source: string
  sourceId: string
  created: number
  updated: number
  syncs: number
  /** More may come: the page looks for it. */
  live: boolean
  messages: MessageView[]
  parts: number
  tokensIn: number
  tokensOut: number
  cost: number
  models: string[]
  diffs: FileDiff[]
}

export interface ShareMeta { id: string, version: string, kind: 'session' | 'thread', title: string, created: number, updated: number, syncs: number, live: boolean }

/** What of one message is shown, in characters of its parts; the rest is in the downloads that are data. */
const longestMessage = 8_000_000

type Data = Record<string, unknown>
interface Parts { list: PartView[], weight: number, more: number }

/** Reads stored items one by one. Nothing in them is trusted to have its shape: what does not fit is left out, nothing fails. */
export function createViewBuilder(meta: ShareMeta): { add(item: Pick<StoredItem, 'type' | 'data'>): void, build(): ShareView } {
  let session: Data = {}
  const partsOf = new Map<string, Parts>()
  const messages: { data: Data, weight: number }[] = []
  const names = new Map<string, string>()
  let diffs: FileDiff[] = []
  let parts = 0

  function addPart(data: Data, weight: number): void {
    parts++
    const message = textOf(data.messageID)
    const before = partsOf.get(message) ?? { list: [], weight: 0, more: 0 }
    partsOf.set(message, before)
    const part = dataToPart(data)
    if (!part) return
    if (before.weight + weight > longestMessage && before.list.length > 0) before.more++
    else before.list.push(part)
    before.weight = Math.min(before.weight + weight, longestMessage)
  }

  return {
    add({ type, data: text }) {
      const value: unknown = JSON.parse(text)
      const data = recordOf(value)
      if (type === 'session') session = data
      else if (type === 'message') messages.push({ data, weight: text.length })
      else if (type === 'session_diff') diffs = dataToDiffs(value)
      else if (type === 'model') for (const model of listOf(value).map(recordOf)) names.set(`${textOf(model.providerID)}/${textOf(model.id)}`, textOf(model.name))
      else if (type === 'part') addPart(data, text.length)
    },
    build() {
      const time = recordOf(session.time)
      const views = messages.map(({ data, weight }) => dataToMessage(data, { parts: partsOf.get(textOf(data.id)), names, weight }))
        .sort((a, b) => bySharedPlace({ ...a, created: a.created ?? 0 }, { ...b, created: b.created ?? 0 }))
      const version = textOf(session.version)
      return {
        id: meta.id,
        version: meta.version,
        title: textOf(session.title).trim() || meta.title.trim() || 'Untitled session',
        source: meta.kind === 'thread' ? 'Holdfast' : `opencode${/^[\w.+-]{1,40}$/.test(version) ? ` ${version}` : ''}`,
        sourceId: textOf(session.id),
        created: timeOf(time.created) ?? meta.created,
        updated: timeOf(time.updated) ?? meta.updated,
        syncs: meta.syncs,
        live: meta.live,
        messages: views,
        parts,
        tokensIn: sum(views, (message) => message.tokensIn),
        tokensOut: sum(views, (message) => message.tokensOut),
        cost: sum(views, (message) => message.cost),
        models: [...new Set(views.filter((message) => message.role === 'assistant').map((message) => message.model).filter(Boolean))],
        diffs,
      }
    },
  }
}

interface MessageParts { parts: Parts | undefined, names: ReadonlyMap<string, string>, weight: number }

function dataToMessage(data: Data, { parts = { list: [], weight: 0, more: 0 }, names, weight }: MessageParts): MessageView {
  const role = data.role === 'user' ? 'user' : 'assistant'
  const tokens = recordOf(data.tokens)
  const cache = recordOf(tokens.cache)
  const time = recordOf(data.time)
  const error = recordOf(data.error)
  const provider = textOf(data.providerID)
  const model = textOf(data.modelID)
  return {
    id: textOf(data.id),
    role,
    position: positionOf(data.position),
    created: timeOf(time.created),
    model: role === 'assistant' ? names.get(`${provider}/${model}`) || model : '',
    tokensIn: numberOf(tokens.input) + numberOf(cache.read) + numberOf(cache.write),
    tokensOut: numberOf(tokens.output) + numberOf(tokens.reasoning),
    cost: numberOf(data.cost),
    error: 'error' in data ? textOf(recordOf(error.data).message) || textOf(error.name, 'Error') : '',
    open: role === 'assistant' && timeOf(time.completed) === null && !('error' in data),
    parts: parts.more > 0 ? [...parts.list, { kind: 'note', text: `${parts.more} more parts are in the JSON download` }] : parts.list,
    weight: weight + parts.weight,
    diffs: dataToDiffs(recordOf(data.summary).diffs),
  }
}

const sum = (messages: readonly MessageView[], pick: (message: MessageView) => number): number => messages.reduce((total, message) => total + pick(message), 0)
