import type { MessageId } from './ids'
import { isSummary, type Message } from './message'

type Node = Pick<Message, 'id' | 'parent' | 'created_at' | 'deleted'> & Partial<Pick<Message, 'role' | 'model'>>

/** Siblings, and any list of messages without an order of its own, sort by (created_at, id). */
export const byAge = (a: Node, b: Node): number => a.created_at - b.created_at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** The live messages of a thread, indexed, without its summaries. A message whose parent is unknown or deleted hangs under its nearest live ancestor. */
export function createTree<T extends Node>(messages: Iterable<T>) {
  const all = new Map<MessageId, T>()
  for (const message of messages) if (!isSummary(message)) all.set(message.id, message)

  const liveParent = (message: Node): MessageId | null => {
    const seen = new Set<string>()
    let id = message.parent
    while (id && !seen.has(id)) {
      seen.add(id)
      const parent = all.get(id)
      if (!parent) return null
      if (!parent.deleted) return id
      id = parent.parent
    }
    return null
  }

  const children = new Map<MessageId | null, T[]>()
  for (const message of all.values()) {
    if (message.deleted) continue
    const parent = liveParent(message)
    const siblings = children.get(parent)
    if (siblings) siblings.push(message)
    else children.set(parent, [message])
  }
  for (const siblings of children.values()) siblings.sort(byAge)

  /** The newest live message without live children. */
  const newestLeaf = (): T | undefined => {
    let newest: T | undefined
    for (const message of all.values()) {
      if (message.deleted || children.has(message.id)) continue
      if (!newest || byAge(newest, message) < 0) newest = message
    }
    return newest
  }

  /** From the first message down to `leaf`; if that is missing, unknown or deleted, to the newest live leaf. */
  const pathTo = (leaf: MessageId | null): T[] => {
    let message = leaf ? all.get(leaf) : undefined
    if (!message || message.deleted) message = newestLeaf()
    const path: T[] = []
    const seen = new Set<string>()
    while (message && !seen.has(message.id)) {
      seen.add(message.id)
      path.push(message)
      const parent = liveParent(message)
      message = parent ? all.get(parent) : undefined
    }
    return path.reverse()
  }

  /** The leaf one reaches from `id` by always taking the newest child. */
  const leafBelow = (id: MessageId): MessageId => {
    const seen = new Set<string>()
    let current = id
    while (!seen.has(current)) {
      seen.add(current)
      const next = children.get(current)?.at(-1)
      if (!next) break
      current = next.id
    }
    return current
  }

  return {
    get: (id: MessageId) => all.get(id),
    siblings: (message: Node): T[] => children.get(liveParent(message)) ?? [],
    pathTo,
    leafBelow,
    newestLeaf,
  }
}
