import { z } from 'zod'
import type { Weighed } from '~/shared/domain/history-plan'
import type { MessageId } from '~/shared/domain/ids'
import { roleSchema, usageSchema, type Usage } from '~/shared/domain/message'
import { partSchema } from '~/shared/domain/part'
import type { SpineNode } from '~/shared/domain/spine'
import { messageToTokens, summaryToTokens } from '~/shared/domain/token-estimate'
import type { SqlDriver, SqlRow } from './driver'

interface Weight { tokens: number, usage: Usage | null }

const stored = z.object({ role: roleSchema, parts: z.array(partSchema) })
const parse = (text: SqlRow[string] | undefined): unknown => {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null
  } catch {
    return null
  }
}

/** What cannot be read weighs nothing: it is not sent either. */
function toWeight({ role, model, parts, usage, run }: SqlRow): Weight {
  const message = stored.safeParse({ role, parts: parse(parts) }).data
  const isSummary = role === 'system' && model !== null
  return { tokens: message ? (isSummary ? summaryToTokens(message) : messageToTokens(message)) : 0, usage: run ? usageSchema.safeParse(parse(usage)).data ?? null : null }
}

/** What the messages of a thread take of a model's room and what they cost. Each is read when it is first asked for, some at a time where that is enough, and again when it was changed. */
export function createWeights(driver: SqlDriver) {
  const weights = new Map<MessageId, Weight>()
  const unread = new Set<MessageId>()
  let paths = new WeakMap<readonly SpineNode[], readonly Weighed[]>()

  /** Reads so many at most; answers whether none is left. */
  function read(most: number): boolean {
    if (unread.size === 0) return true
    const ids = [...unread].slice(0, most)
    const rows = driver.all('select id, role, model, parts, usage, run from message where id in (select value from json_each(?))', [JSON.stringify(ids)])
    for (const row of rows) weights.set(String(row.id) as MessageId, toWeight(row))
    for (const id of ids) unread.delete(id)
    paths = new WeakMap()
    return unread.size === 0
  }

  return {
    forget(id: MessageId) {
      paths = new WeakMap()
      unread.add(id)
    },
    remove(id: MessageId) {
      paths = new WeakMap()
      unread.delete(id)
      weights.delete(id)
    },
    weigh<T extends Pick<SpineNode, 'id'>>(nodes: readonly T[]): (T & { tokens: number })[] {
      read(unread.size)
      return nodes.map((node) => ({ ...node, tokens: weights.get(node.id)?.tokens ?? 0 }))
    },
    /** Of a path that is asked for with each letter typed below it. */
    weighPath(path: readonly SpineNode[]): readonly Weighed[] {
      const weighed = paths.get(path) ?? this.weigh(path)
      paths.set(path, weighed)
      return weighed
    },
    read,
    /** Of those that were read. */
    usages(): Usage[] {
      return [...weights.values()].map(({ usage }) => usage).filter((usage) => usage !== null)
    },
  }
}
