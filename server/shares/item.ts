import { isRecord } from './record'
import type { Item } from './wire'

/**
 * The place of an item within its share: the same keys the client batches by, so that the last one of a key wins. A type we do not know
 * (the next major already has some) is kept under its type and the ids it carries.
 */
export function itemToKey(item: Item): string | null {
  const id = idOf(item.data, 'id')
  switch (item.type) {
    case 'session':
    case 'session_diff':
    case 'model':
      return item.type
    case 'message':
      return id ? `message/${id}` : null
    case 'part': {
      const message = idOf(item.data, 'messageID')
      return id && message ? `part/${message}/${id}` : null
    }
    case 'messages': {
      const session = idOf(item.data, 'sessionID')
      return session ? `messages/${session}` : null
    }
    default:
      return [item.type, idOf(item.data, 'messageID'), id].filter(Boolean).join('/')
  }
}

/** Takes out what the client's configuration put into its models: options, headers and addresses may hold the keys of its provider. */
export function withoutConfiguration(item: Item): Item {
  if (item.type !== 'model' || !Array.isArray(item.data)) return item
  return { type: item.type, data: item.data.map((model: unknown) => (isRecord(model) ? blankModel(model) : model)) }
}

// The members stay, emptied: clients that read them back expect the shape.
function blankModel(model: Record<string, unknown>): Record<string, unknown> {
  const blank: Record<string, unknown> = { ...model }
  if ('options' in blank) blank.options = {}
  if ('headers' in blank) blank.headers = {}
  if (isRecord(blank.api) && 'url' in blank.api) blank.api = { ...blank.api, url: '' }
  if (isRecord(blank.variants)) blank.variants = Object.fromEntries(Object.entries(blank.variants).map(([name, variant]) => [name, effortOnly(variant)]))
  return blank
}

/** A variant is configuration too; what is safe to show of it are its plain names, as in `{ reasoningEffort: 'low' }`. */
function effortOnly(variant: unknown): unknown {
  if (!isRecord(variant)) return variant
  return Object.fromEntries(Object.entries(variant).filter(([name]) => /effort|budget|verbosity|summary|thinking/i.test(name)))
}

function idOf(data: unknown, member: string): string | null {
  const id = isRecord(data) ? data[member] : undefined
  return typeof id === 'string' && /^[\w.:-]{1,200}$/.test(id) ? id : null
}
