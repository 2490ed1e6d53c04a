import type { MessageId, RunId } from './ids'
import type { MessageStatus } from './message'
import { byAge } from './tree'

/** A message without what it says: enough to know where it stands. */
export interface SpineNode {
  id: MessageId
  parent: MessageId | null
  role: 'user' | 'assistant' | 'system'
  status: MessageStatus
  run: RunId | null
  deleted: boolean
  summary: boolean
  created_at: number
}

/**
 * The tree of a thread that is mended message by message, with the same answers as `createTree`: a path of thousands is worked out once, and a
 * change of what a message says leaves it alone.
 */
export function createSpine(first: Iterable<SpineNode>) {
  const nodes = new Map<MessageId, SpineNode>()
  const summaries = new Map<MessageId, SpineNode>()
  /** By the parent a message names, whether that is known and live or not. */
  const named = new Map<MessageId | null, SpineNode[]>()
  /** Named parents that are not here. What names them stands at the beginning. */
  const missing = new Set<MessageId>()
  let paths = new Map<MessageId | null, readonly SpineNode[]>()

  function unlink(node: SpineNode): void {
    const siblings = named.get(node.parent)?.filter((other) => other.id !== node.id) ?? []
    if (siblings.length > 0) named.set(node.parent, siblings)
    else {
      named.delete(node.parent)
      if (node.parent) missing.delete(node.parent)
    }
  }

  function link(node: SpineNode): void {
    const siblings = named.get(node.parent)
    if (siblings) siblings.push(node)
    else named.set(node.parent, [node])
    if (node.parent && !nodes.has(node.parent)) missing.add(node.parent)
  }

  function remove(id: MessageId): void {
    summaries.delete(id)
    const node = nodes.get(id)
    if (!node) return
    nodes.delete(id)
    unlink(node)
    if (named.has(id)) missing.add(id)
    paths = new Map()
  }

  function put(node: SpineNode): void {
    if (node.summary) {
      remove(node.id)
      summaries.set(node.id, node)
      return
    }
    const before = nodes.get(node.id)
    if (before && before.parent === node.parent && before.deleted === node.deleted && before.created_at === node.created_at) {
      Object.assign(before, node)
      return
    }
    if (before) unlink(before)
    nodes.set(node.id, node)
    missing.delete(node.id)
    link(node)
    paths = new Map()
  }

  for (const node of first) put(node)

  function liveParent(node: SpineNode): MessageId | null {
    const seen = new Set<MessageId>()
    for (let id = node.parent; id && !seen.has(id);) {
      const parent = nodes.get(id)
      if (!parent) return null
      if (!parent.deleted) return id
      seen.add(id)
      id = parent.parent
    }
    return null
  }

  /** What hangs live under a message, or at the beginning, oldest first. */
  function childrenOf(parent: MessageId | null): readonly SpineNode[] {
    const children: SpineNode[] = []
    const seen = new Set<MessageId>()
    const waiting: (MessageId | null)[] = parent === null ? [null, ...missing] : [parent]
    while (waiting.length > 0) {
      for (const node of named.get(waiting.pop()!) ?? []) {
        if (!node.deleted) children.push(node)
        else if (!seen.has(node.id)) {
          seen.add(node.id)
          waiting.push(node.id)
        }
      }
    }
    return children.sort(byAge)
  }

  /** The newest live message without live children. */
  function newestLeaf(): SpineNode | undefined {
    const parents = new Set<MessageId | null>()
    for (const node of nodes.values()) if (!node.deleted) parents.add(liveParent(node))
    let newest: SpineNode | undefined
    for (const node of nodes.values()) {
      if (!node.deleted && !parents.has(node.id) && (!newest || byAge(newest, node) < 0)) newest = node
    }
    return newest
  }

  function leafBelow(id: MessageId): MessageId {
    const seen = new Set<MessageId>()
    let current = id
    while (!seen.has(current)) {
      seen.add(current)
      const next = childrenOf(current).at(-1)
      if (!next) break
      current = next.id
    }
    return current
  }

  const live = (id: MessageId | null): SpineNode | undefined => {
    const node = id ? nodes.get(id) : undefined
    return node?.deleted ? undefined : node
  }

  /** From the first message down to `leaf`; if that is missing, unknown or deleted, to the newest live leaf. */
  function pathTo(leaf: MessageId | null): readonly SpineNode[] {
    const known = paths.get(leaf)
    if (known) return known
    const path: SpineNode[] = []
    const seen = new Set<MessageId>()
    for (let node = live(leaf) ?? newestLeaf(); node && !seen.has(node.id);) {
      seen.add(node.id)
      path.push(node)
      const parent: MessageId | null = liveParent(node)
      node = parent ? nodes.get(parent) : undefined
    }
    path.reverse()
    if (paths.size > 8) paths.clear()
    paths.set(leaf, path)
    return path
  }

  return {
    put, remove, pathTo, leafBelow,
    get: (id: MessageId) => nodes.get(id),
    /** The path on through `leaf` to the newest reply below it. */
    pathThrough: (leaf: MessageId | null): readonly SpineNode[] => pathTo(leaf && live(leaf) ? leafBelow(leaf) : null),
    siblings: (node: SpineNode): readonly SpineNode[] => childrenOf(liveParent(node)),
    summaries: (): SpineNode[] => [...summaries.values()].sort(byAge),
    nodes: () => nodes.values(),
  }
}
export type Spine = ReturnType<typeof createSpine>
