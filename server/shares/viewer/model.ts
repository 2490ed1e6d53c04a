import type { StoredItem } from '../store'
import { listOf, numberOf, recordOf, textOf, timeOf } from './fields'
import { dataToDiffs, type FileDiff } from './file-diff'
import { dataToPart, type PartView } from './part'

/** What a page shows of a message. */
export interface MessageView {
  id: string
  role: 'user' | 'assistant'
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

/** Reads the stored items. Nothing in them is trusted to have its shape: what does not fit is left out, nothing fails. */
export function itemsToView(items: readonly StoredItem[], meta: ShareMeta): ShareView {
  let session: Record<string, unknown> = {}
  const partsOf = new Map<string, Record<string, unknown>[]>()
  const messages: Record<string, unknown>[] = []
  const names = new Map<string, string>()
  let diffs: FileDiff[] = []
  let parts = 0
  for (const item of items) {
    const value: unknown = JSON.parse(item.data)
    const data = recordOf(value)
    if (item.type === 'session') session = data
    else if (item.type === 'message') messages.push(data)
    else if (item.type === 'session_diff') diffs = dataToDiffs(value)
    else if (item.type === 'model') for (const model of listOf(value).map(recordOf)) names.set(`${textOf(model.providerID)}/${textOf(model.id)}`, textOf(model.name))
    else if (item.type === 'part') {
      parts++
      const message = textOf(data.messageID)
      const list = partsOf.get(message)
      if (list) list.push(data)
      else partsOf.set(message, [data])
    }
  }
  const time = recordOf(session.time)
  const views = messages.map((data) => dataToMessage(data, partsOf.get(textOf(data.id)) ?? [], names))
    .sort((a, b) => (a.created ?? 0) - (b.created ?? 0) || (a.id < b.id ? -1 : 1))
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
}

function dataToMessage(data: Record<string, unknown>, parts: Record<string, unknown>[], names: ReadonlyMap<string, string>): MessageView {
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
    created: timeOf(time.created),
    model: role === 'assistant' ? names.get(`${provider}/${model}`) || model : '',
    tokensIn: numberOf(tokens.input) + numberOf(cache.read) + numberOf(cache.write),
    tokensOut: numberOf(tokens.output) + numberOf(tokens.reasoning),
    cost: numberOf(data.cost),
    error: 'error' in data ? textOf(recordOf(error.data).message) || textOf(error.name, 'Error') : '',
    open: role === 'assistant' && timeOf(time.completed) === null && !('error' in data),
    parts: parts.map(dataToPart).filter((part) => part !== null),
    diffs: dataToDiffs(recordOf(data.summary).diffs),
  }
}

const sum = (messages: readonly MessageView[], pick: (message: MessageView) => number): number => messages.reduce((total, message) => total + pick(message), 0)
